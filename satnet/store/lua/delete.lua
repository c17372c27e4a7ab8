-- Delete a terminal experiment and all it left. ARGV: id. Returns 'ok', 'missing' or its status.
local id = ARGV[1]
local status = redis.call('HGET', exp_key(id), 'status')
if not status then return 'missing' end
if status ~= 'succeeded' and status ~= 'failed' and status ~= 'cancelled' then return status end
forget(id, status)
return 'ok'
