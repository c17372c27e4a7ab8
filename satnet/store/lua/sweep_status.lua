-- Change a sweep's status. ARGV: id, status, retention ms, then the statuses from which this is allowed (none: from any).
-- Promises: repeating it changes nothing; what is over expires, and what goes on again does not; a sweep whose trials
-- are still to be resumed neither succeeds nor fails.
-- Returns the status before, or nothing.
local id, to = ARGV[1], ARGV[2]
local state = redis.call('HMGET', 'sn:sweep:' .. id, 'status', 'resume_asked', 'resume_done')
local before = state[1]
if not before or before == to then return before end
local allowed = #ARGV == 3
for i = 4, #ARGV do allowed = allowed or ARGV[i] == before end
if not allowed or ((to == 'succeeded' or to == 'failed') and state[2] ~= state[3]) then return before end
set_sweep_status(id, to, ARGV[3])
return before
