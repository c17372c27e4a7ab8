-- Store a new sweep; its trials are submitted afterwards, by whoever looks after it.
-- ARGV: id, name of the idempotency key or '', fingerprint, idempotency ttl ms, owner or '', most open ones of the owner, most in all,
-- uploaded datasets that it uses (ids, separated by commas), then field, value pairs of the hash.
-- Promises: the same key and fingerprint again stores nothing and returns the first id; another fingerprint: 'reused',
-- and what was deleted meanwhile: 'gone'.
-- Returns {'new'|'replayed'|'reused'|'gone'|'quota', id} or {'no_dataset', the dataset's id}.
local id, key, fingerprint = ARGV[1], ARGV[2], ARGV[3]
local k = 'sn:sweep:' .. id
if redis.call('EXISTS', k) == 1 then return {'replayed', id} end
local before = first_use(key, fingerprint)
if before then return before end
if redis.call('SCARD', 'sn:sweeps:open:' .. ARGV[5]) >= tonumber(ARGV[6])
  or redis.call('SCARD', 'sn:sweeps:open') >= tonumber(ARGV[7]) then return {'quota', id} end
local lacking = use_datasets(ARGV[8], id)
if lacking then return {'no_dataset', lacking} end
local now = now_ms()
for i = 9, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', k, 'status', 'running', 'created_at', now)
redis.call('ZADD', 'sn:ix:sweeps', now, id)
local owner = redis.call('HGET', k, 'owner')
if owner and owner ~= '' then redis.call('ZADD', 'sn:ix:sweeps:' .. owner, now, id) end
redis.call('SADD', 'sn:sweeps:open', id)
redis.call('SADD', 'sn:sweeps:open:' .. ARGV[5], id)
remember(key, fingerprint, id, ARGV[4])
return {'new', id}
