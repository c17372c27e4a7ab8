-- Pause: queued ones at once, a running one at its next heartbeat. ARGV: id.
-- Promises: repeating it changes nothing. Returns the status before, 'external', or nothing.
local id = ARGV[1]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'flag', 'kind')
if not state[1] then return nil end
if state[3] == 'external' then return 'external' end
if state[1] == 'queued' then
  leave_queue(id)
  transition(id, 'paused', nil)
elseif state[1] == 'running' and state[2] == '' then
  redis.call('HSET', k, 'flag', 'pause')
  changed(id)
  event(id, 'pausing', '{}')
end
return state[1]
