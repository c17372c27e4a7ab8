-- Take back what dead workers left, and queue again what has waited out its back-off.
-- ARGV: run id of this Redis, grace ms after a restart, most losses, retention ms.
-- Promises: no lease is reaped before the grace after a restart; three losses end in worker_lost.
-- Returns {id, outcome, ...}.
local now = now_ms()
if redis.call('GET', 'sn:run_id') ~= ARGV[1] then
  local known = redis.call('EXISTS', 'sn:run_id')
  redis.call('SET', 'sn:run_id', ARGV[1])
  if known == 1 then redis.call('SET', 'sn:reap_after', now + tonumber(ARGV[2])) end
end
local outcome = {}
local ready = redis.call('ZRANGE', 'sn:delayed', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(ready) do
  redis.call('ZREM', 'sn:delayed', id)
  if redis.call('HGET', exp_key(id), 'status') == 'queued' then enqueue(id) end
end
if now < tonumber(redis.call('GET', 'sn:reap_after') or '0') then return outcome end
local lost = redis.call('ZRANGE', 'sn:leases', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(lost) do
  local k = exp_key(id)
  redis.call('ZREM', 'sn:leases', id)
  local state = redis.call('HMGET', k, 'status', 'flag')
  if state[1] == 'running' then
    close_attempt(id, 'lost')
    local losses = redis.call('HINCRBY', k, 'lost', 1)
    outcome[#outcome + 1] = id
    if state[2] == 'cancel' then
      transition(id, 'cancelled', nil)
      settle(id, ARGV[4])
      outcome[#outcome + 1] = 'cancelled'
    elseif losses >= tonumber(ARGV[3]) then
      redis.call('HSET', k, 'status_reason', '{"code":"worker_lost","message":"its worker died ' .. losses .. ' times","retryable":true}')
      transition(id, 'failed', 'worker_lost')
      settle(id, ARGV[4])
      outcome[#outcome + 1] = 'failed'
    else
      transition(id, 'queued', 'worker_lost')
      if losses == 1 then enqueue(id) else redis.call('ZADD', 'sn:delayed', now + 5000 * 2 ^ (losses - 1), id) end
      outcome[#outcome + 1] = 'queued'
    end
  end
end
return outcome
