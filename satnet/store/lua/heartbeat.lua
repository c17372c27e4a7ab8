-- Renew a lease and hear what the worker should do.
-- ARGV: id, fence, lease ms, progress JSON or ''.
-- Promises: renews only for the fence that owns the experiment. The first of an attempt says that its worker knows of it. Returns 'go', 'cancel', 'pause' or 'lost'.
local id = ARGV[1]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence', 'flag', 'heard')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 'lost' end
redis.call('ZADD', 'sn:leases', now_ms() + tonumber(ARGV[3]), id)
if state[4] ~= ARGV[2] then redis.call('HSET', k, 'heard', ARGV[2]) end
if ARGV[4] ~= '' and ARGV[4] ~= redis.call('HGET', k, 'progress') then
  redis.call('HSET', k, 'progress', ARGV[4])
  changed(id)
end
if state[3] and state[3] ~= '' then return state[3] end
return 'go'
