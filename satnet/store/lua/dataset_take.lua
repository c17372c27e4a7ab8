-- Take the dataset that has waited longest to be read, for as long as a lease. ARGV: token, lease ms, most lost attempts, ms for which
-- a refused one is kept.
-- Promises: the same token again returns the same dataset; one whose worker was lost is taken again, and refused after so many losses.
-- Returns its id, or nothing.
local token, lease = ARGV[1], tonumber(ARGV[2])
local held = redis.call('GET', 'sn:ds:held:' .. token)
if held then return held end
local now = now_ms()
for _, id in ipairs(redis.call('ZRANGE', 'sn:ds:waiting', '-inf', now, 'BYSCORE', 'LIMIT', 0, 20)) do
  local k = 'sn:ds:' .. id
  local state = redis.call('HMGET', k, 'status', 'holder', 'lost')
  local lost = tonumber(state[3] or 0)
  if state[2] and state[2] ~= '' then lost = redis.call('HINCRBY', k, 'lost', 1) end
  if state[1] ~= 'waiting' then
    redis.call('ZREM', 'sn:ds:waiting', id)
  elseif lost >= tonumber(ARGV[3]) then
    refuse_dataset(id, 'worker_lost', 'the worker that read it was lost ' .. lost .. ' times; the file may need more memory than a worker has', ARGV[4])
  else
    redis.call('HSET', k, 'holder', token)
    redis.call('ZADD', 'sn:ds:waiting', now + lease, id)
    redis.call('SET', 'sn:ds:held:' .. token, id, 'PX', lease)
    return id
  end
end
return nil
