-- Store one measured epoch's record.
-- ARGV: id, fence, 'fold:epoch', record JSON, progress JSON, event JSON, lease ms (0: no lease), units JSON or '', findings JSON or ''.
-- Promises: a repeat changes nothing; a fence that lost is refused. Returns 1 (stored or repeated) or 0 (lost).
local id = ARGV[1]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 0 end
if tonumber(ARGV[7]) > 0 then redis.call('ZADD', 'sn:leases', now_ms() + tonumber(ARGV[7]), id) end
if redis.call('HSETNX', 'sn:epochs:' .. id, ARGV[3], ARGV[4]) == 1 then
  redis.call('HSET', k, 'progress', ARGV[5])
  if ARGV[8] ~= '' then redis.call('HSET', 'sn:units:' .. id, ARGV[3], ARGV[8]) end
  if ARGV[9] ~= '' then redis.call('HSET', k, 'findings', ARGV[9]) end
  changed(id)
  event(id, 'epoch', ARGV[6])
end
return 1
