-- Register a checkpoint that is written, or comes here with its content; the one before it is kept.
-- ARGV: id, fence, name, entry JSON (with its name, sha256, fold, epoch), content or ''.
-- Promises: a repeat changes nothing; a fence that lost is refused. Returns {1, names that are dropped...} or {0}.
local id, name = ARGV[1], ARGV[3]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence', 'checkpoints')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return {0} end
local kept = state[3] and cjson.decode(state[3]) or {}
if kept[1] and kept[1].name == name then return {1} end
local entries, dropped = {cjson.decode(ARGV[4]), kept[1]}, {1}
for i = 2, #kept do
  redis.call('HDEL', 'sn:ckpt:' .. id, kept[i].name)
  dropped[#dropped + 1] = kept[i].name
end
if ARGV[5] ~= '' then redis.call('HSET', 'sn:ckpt:' .. id, name, ARGV[5]) end
redis.call('HSET', k, 'checkpoints', cjson.encode(entries))
return dropped
