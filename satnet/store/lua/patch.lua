-- Change name, labels, priority or keep. ARGV: id, retention ms, then field, value pairs. Returns 1, or 0 if there is no such experiment.
local id = ARGV[1]
local k = exp_key(id)
if redis.call('EXISTS', k) == 0 then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end
changed(id)
local state = redis.call('HMGET', k, 'status', 'keep', 'finished_at')
if state[2] == '1' then
  redis.call('ZREM', 'sn:expire', id)
elseif state[3] and (state[1] == 'succeeded' or state[1] == 'failed' or state[1] == 'cancelled') then
  redis.call('ZADD', 'sn:expire', tonumber(state[3]) + tonumber(ARGV[2]), id)
end
if state[1] == 'queued' and redis.call('ZSCORE', 'sn:q:' .. redis.call('HGET', k, 'queue'), id) then
  enqueue(id)
end
return 1
