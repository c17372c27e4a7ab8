-- Store an uploaded dataset, which a worker is to read. ARGV: id, owner or '', most bytes of the owner's datasets, its bytes,
-- its name where one was asked for or '', then field, value pairs of the hash.
-- Promises: a dataset that is stored already stays as it is, but for the name that was asked for; one that was refused is read
-- anew.
-- Returns {'new'|'known'|'full'|'quota', bytes of the owner's datasets}.
local id, owner, bytes = ARGV[1], ARGV[2], tonumber(ARGV[4])
local k = 'sn:ds:' .. id
local status = redis.call('HGET', k, 'status')
local used = tonumber(redis.call('HGET', 'sn:ds:bytes', owner) or 0)
if status and status ~= 'refused' then
  if ARGV[5] ~= '' then redis.call('HSET', k, 'name', ARGV[5]) end
  return {'known', used}
end
if full() then return {'full', used} end
if used + bytes > tonumber(ARGV[3]) then return {'quota', used} end
local now = now_ms()
redis.call('DEL', k)
for i = 6, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', k, 'owner', owner, 'bytes', ARGV[4], 'status', 'waiting', 'created_at', now, 'lost', 0, 'holder', '')
redis.call('ZADD', 'sn:ds:all', now, id)
redis.call('ZADD', 'sn:ds:of:' .. owner, now, id)
redis.call('HINCRBY', 'sn:ds:bytes', owner, bytes)
redis.call('ZADD', 'sn:ds:waiting', now, id)
redis.call('LPUSH', 'sn:ds:wake', id)
redis.call('LTRIM', 'sn:ds:wake', 0, 99)
return {'new', used + bytes}
