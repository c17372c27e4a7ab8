-- The owner comes to a fold: it is its own to train, or somebody else trains it, or has.
-- ARGV: id, fence, fold.
-- Promises: a repeat returns the same; a fence that lost is refused. Returns {'own'}, {'busy'}, {'done', result JSON} or {'lost'}.
local id, fold = ARGV[1], ARGV[3]
local state = redis.call('HMGET', exp_key(id), 'status', 'fence')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return {'lost'} end
local k = folds_key(id)
local by = redis.call('HGET', k, fold)
if by == 'done' then return {'done', redis.call('HGET', k, fold .. ':result')} end
if by and string.sub(by, 1, 4) == 'tok_' and tonumber(redis.call('HGET', k, fold .. ':until')) >= now_ms() then return {'busy'} end
if by then redis.call('HSET', k, fold, 'owner') end
return {'own'}
