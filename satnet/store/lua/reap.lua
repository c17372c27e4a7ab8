-- Take back what dead workers left, queue again what has waited out its back-off, and forget what has expired.
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
local over = redis.call('ZRANGE', 'sn:expire', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(over) do
  forget(id, redis.call('HGET', exp_key(id), 'status') or 'failed')
  outcome[#outcome + 1] = id
  outcome[#outcome + 1] = 'expired'
end
if now < tonumber(redis.call('GET', 'sn:reap_after') or '0') then return outcome end
local lost = redis.call('ZRANGE', 'sn:leases', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(lost) do
  redis.call('ZREM', 'sn:leases', id)
  if redis.call('HGET', exp_key(id), 'status') == 'running' then
    outcome[#outcome + 1] = id
    outcome[#outcome + 1] = lose(id, 'worker_lost', 'its worker was lost', ARGV[3], ARGV[4])
  end
end
return outcome
