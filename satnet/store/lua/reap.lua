-- Take back what dead workers left, end what is trained elsewhere and has been silent, queue again what has waited out its back-off, and forget what has expired.
-- ARGV: tick ms, lease ms, grace ms after a restart, most lost attempts, retention ms.
-- Promises: one call a tick does something; no lease is reaped before the grace after a restart, nor within a lease after
-- nobody could look for half of one and four ticks (this server stood still or could not be reached: no heartbeat came
-- either), but for workers that were silent for as long as the grace while this server was up, however often it started
-- anew meanwhile; the last lost attempt ends in worker_lost.
-- Returns {id, outcome, ...}, or nothing if another process had this tick.
if not redis.call('SET', 'sn:lock:reaper', '1', 'NX', 'PX', ARGV[1]) then return nil end
local now, lease = now_ms(), tonumber(ARGV[2])
local known, run = redis.call('GET', 'sn:run_id'), string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local looked = tonumber(redis.call('GET', 'sn:looked_at'))
redis.call('SET', 'sn:looked_at', now)
local after = tonumber(redis.call('GET', 'sn:reap_after') or '0')
local function wait(span)
  after = math.max(after, now + span)
  redis.call('SET', 'sn:reap_after', after)
  local leases = redis.call('ZRANGE', 'sn:leases', 0, -1, 'WITHSCORES')
  for i = 1, #leases, 2 do  -- the time in which nobody could renew them does not count
    redis.call('ZADD', 'sn:leases', 'GT', math.min(leases[i + 1] + now - (looked or 0), now + lease), leases[i])
  end
end
redis.call('SET', 'sn:run_id', run)
if known and known ~= run then
  wait(tonumber(ARGV[3]))
elseif looked and now - looked > math.max(lease / 2, 4 * tonumber(ARGV[1])) and looked >= after then
  wait(lease)  -- but not again before somebody has looked since: a slow machine's leases end too
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
local silent = redis.call('ZRANGE', 'sn:silent', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(silent) do
  redis.call('ZREM', 'sn:silent', id)
  if redis.call('HGET', exp_key(id), 'status') == 'running' then
    local reason = {code = 'stalled', message = 'no record came for too long', retryable = false}
    redis.call('HSET', exp_key(id), 'status_reason', cjson.encode(reason))
    close_attempt(id, 'stalled')
    transition(id, 'failed', 'stalled')
    settle(id, ARGV[5])
    outcome[#outcome + 1] = id
    outcome[#outcome + 1] = 'failed'
  end
end
local ended = now < after and now - (tonumber(ARGV[3]) - lease) or now
local lost = redis.call('ZRANGE', 'sn:leases', '-inf', ended, 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(lost) do
  redis.call('ZREM', 'sn:leases', id)
  if redis.call('HGET', exp_key(id), 'status') == 'running' then
    outcome[#outcome + 1] = id
    outcome[#outcome + 1] = attempt_lost(id, 'worker_lost', 'its worker was lost', ARGV[4], ARGV[5])
  end
end
return outcome
