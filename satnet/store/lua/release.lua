-- Give a running experiment back to its queue (drain); the attempt is not counted as a loss.
-- ARGV: id, fence, retention ms. Returns 1 (also when repeated), or 0 if the fence lost. A cancel or pause that came
-- meanwhile wins.
local id = ARGV[1]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence', 'flag', 'released_fence')
if state[4] == ARGV[2] then return 1 end
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 0 end
redis.call('HSET', k, 'released_fence', ARGV[2], 'flag', '')
close_attempt(id, 'released')
redis.call('ZREM', 'sn:leases', id)
if state[3] == 'cancel' then
  transition(id, 'cancelled', nil)
  settle(id, ARGV[3])
  return 1
end
if state[3] == 'pause' then
  transition(id, 'paused', nil)
  return 1
end
transition(id, 'queued', 'released')
enqueue(id)
return 1
