-- Change a sweep's status. ARGV: id, status, retention ms, then the statuses from which this is allowed (none: from any).
-- Promises: repeating it changes nothing; what is over expires, and what goes on again does not.
-- Returns the status before, or nothing.
local id, to = ARGV[1], ARGV[2]
local k = 'sn:sweep:' .. id
local before = redis.call('HGET', k, 'status')
if not before or before == to then return before end
local allowed = #ARGV == 3
for i = 4, #ARGV do allowed = allowed or ARGV[i] == before end
if not allowed then return before end
local keys = {k, k .. ':points', k .. ':trials', k .. ':reused', k .. ':rungs', k .. ':open'}
redis.call('HSET', k, 'status', to)
if to == 'running' or to == 'paused' then
  redis.call('HDEL', k, 'finished_at')
  redis.call('SADD', 'sn:sweeps:open', id)
  for _, name in ipairs(keys) do redis.call('PERSIST', name) end
else
  redis.call('HSET', k, 'finished_at', now_ms())
  redis.call('SREM', 'sn:sweeps:open', id)
  for _, name in ipairs(keys) do redis.call('PEXPIRE', name, ARGV[3]) end
end
return before
