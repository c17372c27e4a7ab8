-- The owner of an experiment lets others train folds of it; its own places to begin with are left out.
-- ARGV: id, fence, first fold, number of folds.
-- Promises: a repeat changes nothing; a fence that lost is refused. Returns the experiment's queue, or nothing.
local id, fence = ARGV[1], ARGV[2]
local state = redis.call('HMGET', exp_key(id), 'status', 'fence', 'queue')
if state[1] ~= 'running' or state[2] ~= fence then return nil end
local k = folds_key(id)
if redis.call('HGET', k, 'fence') ~= fence then
  redis.call('DEL', k)
  redis.call('HSET', k, 'fence', fence)
  for fold = tonumber(ARGV[3]), tonumber(ARGV[4]) - 1 do redis.call('HSET', k, fold, 'free') end
  redis.call('SADD', offers_key(state[3]), id)
end
return state[3]
