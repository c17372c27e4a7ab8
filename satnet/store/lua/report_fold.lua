-- A helper renews its fold, brings its result, or gives it back.
-- ARGV: id, fence, fold, token, lease ms, 'go' | 'done' | 'free' (another may take it) | 'owner' (nobody but the owner), result JSON or ''.
-- Promises: refused for a fence or a token that owns nothing, and once the experiment is to be cancelled or paused.
-- Returns 'go' or 'lost'.
local id, fold, token, what = ARGV[1], ARGV[3], ARGV[4], ARGV[6]
local state = redis.call('HMGET', exp_key(id), 'status', 'fence', 'flag')
local k = folds_key(id)
if state[1] ~= 'running' or state[2] ~= ARGV[2] or state[3] ~= '' then return 'lost' end
if redis.call('HGET', k, fold .. ':by') == token then return 'go' end  -- its reply was lost
if redis.call('HGET', k, fold) ~= token then return 'lost' end
if what == 'go' then
  redis.call('HSET', k, fold .. ':until', now_ms() + tonumber(ARGV[5]))
else
  redis.call('HSET', k, fold, what)
  redis.call('HDEL', k, fold .. ':until')
  if what == 'done' then redis.call('HSET', k, fold .. ':by', token, fold .. ':result', ARGV[7]) end
end
return 'go'
