-- Cancel: queued, paused and external ones at once, a running one at its next heartbeat.
-- ARGV: id, retention ms. Promises: repeating it changes nothing. Returns the status before, or nothing.
local id = ARGV[1]
local k = exp_key(id)
local status = redis.call('HGET', k, 'status')
if not status then return nil end
local external = redis.call('HGET', k, 'kind') == 'external'
if status == 'queued' or status == 'paused' or (external and status == 'running') then
  close_attempt(id, 'cancelled')
  transition(id, 'cancelled', nil)
  settle(id, ARGV[2])
elseif status == 'running' and redis.call('HGET', k, 'flag') ~= 'cancel' then
  redis.call('HSET', k, 'flag', 'cancel')
  changed(id)
  event(id, 'cancelling', '{}')
end
return status
