-- Give a running experiment back to its queue (drain); the attempt is not counted as a loss.
-- ARGV: id, fence, retention ms. Returns 1, or 0 if the fence lost. A cancel that came meanwhile wins.
local id = ARGV[1]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence', 'flag')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 0 end
close_attempt(id, 'released')
redis.call('ZREM', 'sn:leases', id)
if state[3] == 'cancel' then
  transition(id, 'cancelled', nil)
  settle(id, ARGV[3])
  return 1
end
transition(id, 'queued', 'released')
enqueue(id)
return 1
