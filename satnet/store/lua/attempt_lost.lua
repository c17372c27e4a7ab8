-- An attempt ends through no fault of the spec: its worker stalled or ran out of memory, and says so itself.
-- ARGV: id, fence, code, message, most lost attempts, retention ms. Returns 'queued', 'failed', 'cancelled' or 'paused', or
-- 'lost' if the fence owns nothing any more, which is also what a repeat hears.
local id = ARGV[1]
local state = redis.call('HMGET', exp_key(id), 'status', 'fence')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 'lost' end
return attempt_lost(id, ARGV[3], ARGV[4], ARGV[5], ARGV[6])
