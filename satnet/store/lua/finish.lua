-- End an attempt: succeeded, failed, cancelled or paused, with what it leaves behind.
-- ARGV: id, fence, status, retention ms, reason code or '', then field, value pairs of the hash.
-- Promises: at most one result; a repeat by the same fence answers 'duplicate'. Returns 'ok', 'duplicate' or 'lost'.
local id, fence, status = ARGV[1], ARGV[2], ARGV[3]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence', 'finish_fence')
if state[3] == fence then return 'duplicate' end
if state[1] ~= 'running' or state[2] ~= fence then return 'lost' end
local fields = {'finish_fence', fence, 'flag', ''}
for i = 6, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', k, unpack(fields))
close_attempt(id, status)
transition(id, status, ARGV[5] ~= '' and ARGV[5] or nil)
if status == 'paused' then redis.call('ZREM', 'sn:leases', id) else settle(id, ARGV[4]) end
if status == 'succeeded' then  -- nothing is left to go on from
  redis.call('HDEL', k, 'checkpoints')
  redis.call('DEL', 'sn:ckpt:' .. id)
  local stopped = redis.call('HGET', k, 'stop_reason')
  if stopped == 'completed' or stopped == 'early_stopping' then redis.call('SET', same_spec_key(id), id) end
end
return 'ok'
