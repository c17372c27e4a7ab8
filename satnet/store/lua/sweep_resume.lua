-- A sweep runs again, and marks that its trials are to be resumed ('resume': those paused or cancelled) or started anew
-- ('retry': those that failed). Whoever takes its next step does that; until then nothing ends the sweep.
-- ARGV: id, mode, then the statuses from which this is allowed (none: from any).
-- Promises: what is over does not expire any more; a repeat leaves another mark.
-- Returns the status before, or nothing.
local id, mode = ARGV[1], ARGV[2]
local k = 'sn:sweep:' .. id
local before = redis.call('HGET', k, 'status')
if not before then return nil end
local allowed = #ARGV == 2
for i = 3, #ARGV do allowed = allowed or ARGV[i] == before end
if not allowed then return before end
set_sweep_status(id, 'running', 0)
redis.call('HSET', k, 'resume_asked', mode .. ':' .. redis.call('HINCRBY', k, 'resumes', 1))
return before
