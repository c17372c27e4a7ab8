-- Shared by all scripts. Time is Redis's own; every change raises the version, tells who waits, and writes an event.
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function exp_key(id) return 'sn:exp:' .. id end
local function folds_key(id) return 'sn:folds:' .. id end
local function offers_key(queue) return 'sn:offers:' .. queue end
local function event(id, kind, data)
  redis.call('XADD', 'sn:ev:' .. id, 'MAXLEN', '~', 2000, '*', 'type', kind, 'at', tostring(now_ms()), 'data', data)
end
-- The document is another one from now on: its version rises, and who waits is told (id, version, status).
local function changed(id)
  local version = redis.call('HINCRBY', exp_key(id), 'version', 1)
  redis.call('PUBLISH', 'sn:changed', id .. ' ' .. version .. ' ' .. redis.call('HGET', exp_key(id), 'status'))
end
local function move(id, from, to)
  local created = redis.call('HGET', exp_key(id), 'created_at')
  redis.call('ZREM', 'sn:ix:' .. from, id)
  redis.call('ZADD', 'sn:ix:' .. to, created, id)
end
-- An owner's experiments that are queued or running, trials apart: a sweep has a bound of its own.
local function open_key(id) return 'sn:open:' .. (redis.call('HGET', exp_key(id), 'owner') or '') end
-- Whether an owner has `most` of those, or all owners together have `all` queued and running, trials included.
local function beyond_quota(owner, most, all)
  if redis.call('SCARD', 'sn:open:' .. owner) >= tonumber(most) then return true end
  return redis.call('ZCARD', 'sn:ix:queued') + redis.call('ZCARD', 'sn:ix:running') >= tonumber(all)
end
-- Change the status: index, transitions (one JSON object a line), version, event.
local function transition(id, to, code)
  local k, now = exp_key(id), now_ms()
  local from = redis.call('HGET', k, 'status')
  move(id, from, to)
  if from == 'running' then  -- who helps with its folds is heard no more
    redis.call('DEL', folds_key(id))
    redis.call('SREM', offers_key(redis.call('HGET', k, 'queue') or ''), id)
  end
  local line = '{"from":"' .. from .. '","to":"' .. to .. '","at":' .. now .. ',"reason":' .. (code and ('"' .. code .. '"') or 'null') .. '}'
  local before = redis.call('HGET', k, 'transitions')
  redis.call('HSET', k, 'status', to, 'transitions', (before ~= '' and (before .. '\n') or '') .. line)
  changed(id)
  local sweep = redis.call('HGET', k, 'sweep')
  if sweep and sweep ~= '' then  -- how many of its trials are not over, without asking each
    local over = to == 'succeeded' or to == 'failed' or to == 'cancelled'
    redis.call(over and 'SREM' or 'SADD', 'sn:sweep:' .. sweep .. ':open', id)
  else
    redis.call((to == 'queued' or to == 'running') and 'SADD' or 'SREM', open_key(id), id)
  end
  event(id, 'status', '{"status":"' .. to .. '","reason":' .. (code and ('"' .. code .. '"') or 'null') .. '}')
end
-- The queued experiments that may be stacked with this one; nil where it trains alone.
local function group_key(id)
  local group = redis.call('HGET', exp_key(id), 'group')
  if group and group ~= '' then return 'sn:group:' .. group end
end
local function enqueue(id)
  local k = exp_key(id)
  local queue, group = redis.call('HGET', k, 'queue'), group_key(id)
  local score = -tonumber(redis.call('HGET', k, 'priority')) * 1e13 + tonumber(redis.call('HGET', k, 'order'))
  redis.call('SADD', 'sn:queues', queue)
  redis.call('ZADD', 'sn:q:' .. queue, score, id)
  -- one that goes on from a checkpoint trains alone
  if group and redis.call('HGET', k, 'attempt') == '0' then redis.call('ZADD', group, score, id) end
end
-- Close the latest attempt in the list (one JSON object a line; the last one is open).
local function close_attempt(id, ended)
  local k = exp_key(id)
  local open = redis.call('HGET', k, 'open_attempt')
  if not open or open == '' then return end
  local before, started = redis.call('HGET', k, 'attempts'), cjson.decode(open .. '}').started_at
  redis.call('HINCRBY', k, 'spent', now_ms() - started)
  local line = open .. ',"ended_at":' .. now_ms() .. ',"ended":"' .. ended .. '"}'
  redis.call('HSET', k, 'attempts', (before ~= '' and (before .. '\n') or '') .. line, 'open_attempt', '')
end
-- The owner's experiments by creation; nil where it belongs to nobody in particular.
local function owner_key(id)
  local owner = redis.call('HGET', exp_key(id), 'owner')
  if owner and owner ~= '' then return 'sn:ix:owner:' .. owner end
end
-- Where the owner's latest success with the same spec is kept.
local function same_spec_key(id)
  local told = redis.call('HMGET', exp_key(id), 'owner', 'spec_sha256')
  return 'sn:sha:' .. (told[1] or '') .. '/' .. (told[2] or '')
end
-- All keys of an experiment but its place in the indexes.
local function keys_of(id) return {exp_key(id), 'sn:epochs:' .. id, 'sn:units:' .. id, 'sn:ev:' .. id, 'sn:ckpt:' .. id, folds_key(id)} end
local function leave_queue(id)
  redis.call('ZREM', 'sn:leases', id)
  redis.call('ZREM', 'sn:delayed', id)
  redis.call('ZREM', 'sn:silent', id)
  redis.call('ZREM', 'sn:q:' .. (redis.call('HGET', exp_key(id), 'queue') or ''), id)
  local group = group_key(id)
  if group then redis.call('ZREM', group, id) end
end
-- Delete an experiment and its place in all indexes.
local function forget(id, status)
  local k = exp_key(id)
  local sweep, owned, same = redis.call('HGET', k, 'sweep'), owner_key(id), same_spec_key(id)
  local dataset = redis.call('HGET', k, 'dataset')
  if dataset and string.sub(dataset, 1, 3) == 'ds_' then redis.call('SREM', 'sn:ds:' .. dataset .. ':uses', id) end
  if sweep and sweep ~= '' then
    redis.call('ZREM', 'sn:ix:sweep:' .. sweep, id)
    redis.call('SREM', 'sn:sweep:' .. sweep .. ':open', id)
  end
  if owned then redis.call('ZREM', owned, id) end
  redis.call('SREM', open_key(id), id)
  if redis.call('GET', same) == id then redis.call('DEL', same) end
  redis.call('DEL', unpack(keys_of(id)))
  redis.call('PUBLISH', 'sn:changed', id .. ' 0 deleted')
  redis.call('ZREM', 'sn:expire', id)
  redis.call('ZREM', 'sn:ix:all', id)
  redis.call('ZREM', 'sn:ix:' .. status, id)
end
-- A terminal experiment leaves the leases, and expires unless it is kept.
local function settle(id, retention_ms)
  local k = exp_key(id)
  redis.call('HSET', k, 'finished_at', now_ms())
  local started = redis.call('HGET', k, 'started_at')
  if started then
    redis.call('LPUSH', 'sn:durations', now_ms() - tonumber(started))
    redis.call('LTRIM', 'sn:durations', 0, 19)
  end
  leave_queue(id)
  if redis.call('HGET', k, 'keep') == '0' then redis.call('ZADD', 'sn:expire', now_ms() + tonumber(retention_ms), id) end
end
-- An attempt was lost: again at once, after a second loss in 5 s, a third in 10 s, ...; or the end after `most` of them.
local function attempt_lost(id, code, message, most, retention_ms)
  local k, now = exp_key(id), now_ms()
  redis.call('ZREM', 'sn:leases', id)
  close_attempt(id, code == 'worker_lost' and 'lost' or code)
  local state = redis.call('HMGET', k, 'flag', 'heard', 'fence')
  local flag, heard = state[1], state[2] == state[3]  -- a claim of which no worker ever heard costs nothing
  local lost = redis.call('HINCRBY', k, 'lost', (heard or code ~= 'worker_lost') and 1 or 0)
  if flag == 'cancel' then
    transition(id, 'cancelled', nil)
    settle(id, retention_ms)
    return 'cancelled'
  elseif flag == 'pause' then
    redis.call('HSET', k, 'flag', '')
    transition(id, 'paused', nil)
    return 'paused'
  elseif lost >= tonumber(most) then
    local reason = {code = code, message = message .. ', ' .. lost .. ' times', retryable = true}
    redis.call('HSET', k, 'status_reason', cjson.encode(reason))
    transition(id, 'failed', code)
    settle(id, retention_ms)
    return 'failed'
  end
  transition(id, 'queued', code)
  if lost <= 1 then enqueue(id) else redis.call('ZADD', 'sn:delayed', now + math.min(5000 * 2 ^ (lost - 2), 300000), id) end
  return 'queued'
end
-- Whether new experiments are refused: those that run go first.
local function full()
  local memory = redis.call('INFO', 'memory')
  local most = tonumber(string.match(memory, 'maxmemory:(%d+)'))
  return most and most > 0 and tonumber(string.match(memory, 'used_memory:(%d+)')) > 0.8 * most
end
-- What an idempotency key (its full name in Redis) stands for already: {'replayed'|'reused'|'gone', id}, or nothing.
local function first_use(key, fingerprint)
  if key == '' then return nil end
  local known = redis.call('HMGET', key, 'id', 'fingerprint')
  if not known[1] then return nil end
  if known[2] ~= fingerprint then return {'reused', known[1]} end
  return {redis.call('EXISTS', exp_key(known[1]), 'sn:sweep:' .. known[1]) == 1 and 'replayed' or 'gone', known[1]}
end
local function remember(key, fingerprint, id, ttl_ms)
  if key == '' then return end
  redis.call('HSET', key, 'id', id, 'fingerprint', fingerprint)
  redis.call('PEXPIRE', key, ttl_ms)
end
-- A sweep that is over expires, and one that goes on again does not.
local function set_sweep_status(id, to, retention_ms)
  local k = 'sn:sweep:' .. id
  local keys = {k, k .. ':points', k .. ':trials', k .. ':reused', k .. ':rungs', k .. ':open'}
  local open = 'sn:sweeps:open:' .. (redis.call('HGET', k, 'owner') or '')
  redis.call('HSET', k, 'status', to)
  if to == 'running' or to == 'paused' then
    redis.call('HDEL', k, 'finished_at')
    redis.call('SADD', 'sn:sweeps:open', id)
    redis.call('SADD', open, id)
    for _, name in ipairs(keys) do redis.call('PERSIST', name) end
  else
    redis.call('HSET', k, 'finished_at', now_ms())
    redis.call('SREM', 'sn:sweeps:open', id)
    redis.call('SREM', open, id)
    for _, name in ipairs(keys) do redis.call('PEXPIRE', name, retention_ms) end
  end
end
-- A dataset leaves the lists, and its bytes those of its owner.
local function leave_datasets(id)
  local k = 'sn:ds:' .. id
  local state = redis.call('HMGET', k, 'owner', 'bytes', 'status')
  redis.call('ZREM', 'sn:ds:waiting', id)
  redis.call('ZREM', 'sn:ds:all', id)
  redis.call('ZREM', 'sn:ds:of:' .. (state[1] or ''), id)
  if state[3] ~= 'refused' then redis.call('HINCRBY', 'sn:ds:bytes', state[1] or '', -tonumber(state[2] or 0)) end
end
-- A dataset that cannot be read: no list has it any more, and for a while it tells whoever asks why.
local function refuse_dataset(id, code, message, kept_ms)
  local k = 'sn:ds:' .. id
  leave_datasets(id)
  redis.call('HSET', k, 'status', 'refused', 'code', code, 'error', message)
  redis.call('PEXPIRE', k, kept_ms)
end
-- An experiment or a sweep uses these datasets (ids, separated by commas) from now on; the first that is not there, or nothing.
local function use_datasets(ids, user)
  for id in string.gmatch(ids, '[^,]+') do
    if redis.call('HGET', 'sn:ds:' .. id, 'status') ~= 'ready' then return id end
  end
  for id in string.gmatch(ids, '[^,]+') do redis.call('SADD', 'sn:ds:' .. id .. ':uses', user) end
end
