-- Store an experiment that is trained elsewhere: running from the start, under fence 1, without queue or lease.
-- ARGV: id, name of the idempotency key or '', fingerprint, idempotency ttl ms, ms of silence after which it ends, owner or '',
-- most open ones of the owner, most in all, then field, value pairs of the hash.
-- Promises: the same key and fingerprint again stores nothing and returns the first id; another fingerprint: 'reused',
-- and what was deleted meanwhile: 'gone'.
-- Returns {'new'|'replayed'|'reused'|'gone'|'full'|'quota', id}.
local id, key, fingerprint = ARGV[1], ARGV[2], ARGV[3]
local k = exp_key(id)
if redis.call('EXISTS', k) == 1 then return {'replayed', id} end
local before = first_use(key, fingerprint)
if before then return before end
if full() then return {'full', id} end
if beyond_quota(ARGV[6], ARGV[7], ARGV[8]) then return {'quota', id} end
local now = now_ms()
local fields = {}
for i = 9, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', k, unpack(fields))
redis.call('HSET', k, 'status', 'running', 'created_at', now, 'started_at', now, 'version', 1, 'fence', 1, 'attempt', 1,
  'lost', 0, 'spent', 0, 'order', redis.call('INCR', 'sn:order'), 'transitions', '', 'attempts', '', 'flag', '',
  'open_attempt', '{"attempt":1,"worker":"external","started_at":' .. now)
redis.call('ZADD', 'sn:ix:all', now, id)
redis.call('ZADD', 'sn:ix:running', now, id)
local owned = owner_key(id)
if owned then redis.call('ZADD', owned, now, id) end
redis.call('ZADD', 'sn:silent', now + tonumber(ARGV[5]), id)
redis.call('SADD', open_key(id), id)
remember(key, fingerprint, id, ARGV[4])
event(id, 'status', '{"status":"running","reason":null}')
return {'new', id}
