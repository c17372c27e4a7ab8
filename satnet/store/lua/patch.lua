-- Change name, labels or priority. ARGV: id, then field, value pairs. Returns 1, or 0 if there is no such experiment.
local id = ARGV[1]
local k = exp_key(id)
if redis.call('EXISTS', k) == 0 then return 0 end
for i = 2, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', k, 'version', 1)
if redis.call('HGET', k, 'status') == 'queued' and redis.call('ZSCORE', 'sn:q:' .. redis.call('HGET', k, 'queue'), id) then
  enqueue(id)
end
return 1
