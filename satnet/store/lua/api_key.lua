-- Store a new API key. ARGV: id, '1' if it must be the first, then field, value pairs of the hash.
-- Promises: of those that must be the first one at most is stored; a repeat changes nothing.
-- Returns when it was created, in ms, or 0 if there are keys already.
local id, first = ARGV[1], ARGV[2]
local k, before = 'sn:key:' .. id, redis.call('ZSCORE', 'sn:keys', id)
if before then return tonumber(before) end
if first == '1' and redis.call('EXISTS', 'sn:keys') == 1 then return 0 end
local now = now_ms()
for i = 3, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', k, 'created_at', now)
redis.call('ZADD', 'sn:keys', now, id)
return now
