-- Store one measured epoch's record.
-- ARGV: id, fence, 'fold:epoch', record JSON, progress JSON, event JSON, lease ms.
-- Promises: a repeat changes nothing; a fence that lost is refused. Returns 1 (stored or repeated) or 0 (lost).
local id = ARGV[1]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 0 end
redis.call('ZADD', 'sn:leases', now_ms() + tonumber(ARGV[7]), id)
if redis.call('HSETNX', 'sn:epochs:' .. id, ARGV[3], ARGV[4]) == 1 then
  redis.call('HSET', k, 'progress', ARGV[5])
  redis.call('HINCRBY', k, 'version', 1)
  event(id, 'epoch', ARGV[6])
end
return 1
