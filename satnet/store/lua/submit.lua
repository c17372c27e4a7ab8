-- Store a new experiment: hash, indexes, queue entry, first event; all or nothing.
-- ARGV: id, name of the idempotency key or '', fingerprint, idempotency ttl ms, sweep or '', trial or '', owner or '',
-- most open ones of the owner, most in all, uploaded datasets that it uses (ids, separated by commas), then field, value pairs.
-- Promises: the same key and fingerprint again stores nothing and returns the first id; another fingerprint: 'reused',
-- and what was deleted meanwhile: 'gone';
-- a trial of a sweep is stored once, and only while the sweep runs; a dataset that it uses is there, and stays.
-- Returns {'new'|'replayed'|'reused'|'gone'|'full'|'quota'|'closed', id} or {'no_dataset', the dataset's id}.
local id, key, fingerprint = ARGV[1], ARGV[2], ARGV[3]
local k = exp_key(id)
if redis.call('EXISTS', k) == 1 then return {'replayed', id} end
local before = first_use(key, fingerprint)
if before then return before end
local sweep, trial = ARGV[5], ARGV[6]
if sweep ~= '' then
  local there = redis.call('HGET', 'sn:sweep:' .. sweep .. ':trials', trial)
  if there then return {'replayed', there} end
  if redis.call('HGET', 'sn:sweep:' .. sweep, 'status') ~= 'running' then return {'closed', id} end
end
if full() then return {'full', id} end
local own = sweep ~= '' and math.huge or ARGV[8]
if beyond_quota(ARGV[7], own, ARGV[9]) then return {'quota', id} end
local lacking = use_datasets(ARGV[10], id)
if lacking then return {'no_dataset', lacking} end
local now = now_ms()
local fields = {}
for i = 11, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', k, unpack(fields))
redis.call('HSET', k, 'status', 'queued', 'created_at', now, 'version', 1, 'fence', 0, 'attempt', 0, 'lost', 0, 'spent', 0,
  'order', redis.call('INCR', 'sn:order'), 'transitions', '', 'attempts', '', 'open_attempt', '', 'flag', '')
redis.call('ZADD', 'sn:ix:all', now, id)
redis.call('ZADD', 'sn:ix:queued', now, id)
local owned = owner_key(id)
if owned then redis.call('ZADD', owned, now, id) end
if sweep ~= '' then
  redis.call('HSET', k, 'sweep', sweep, 'trial', trial)
  redis.call('HSET', 'sn:sweep:' .. sweep .. ':trials', trial, id)
  redis.call('ZADD', 'sn:ix:sweep:' .. sweep, now, id)
  redis.call('SADD', 'sn:sweep:' .. sweep .. ':open', id)
else
  redis.call('SADD', open_key(id), id)
end
remember(key, fingerprint, id, ARGV[4])
event(id, 'status', '{"status":"queued","reason":null}')
enqueue(id)
return {'new', id}
