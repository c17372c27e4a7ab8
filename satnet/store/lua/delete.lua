-- Delete a terminal experiment and all it left. ARGV: id. Returns 'ok', 'missing' or its status.
local id = ARGV[1]
local status = redis.call('HGET', exp_key(id), 'status')
if not status then return 'missing' end
if status ~= 'succeeded' and status ~= 'failed' and status ~= 'cancelled' then return status end
redis.call('DEL', unpack(keys_of(id)))
redis.call('ZREM', 'sn:expire', id)
redis.call('ZREM', 'sn:ix:all', id)
redis.call('ZREM', 'sn:ix:' .. status, id)
return 'ok'
