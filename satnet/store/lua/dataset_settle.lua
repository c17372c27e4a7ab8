-- What became of a dataset that was read. ARGV: id, token, 'ready' and field, value pairs of the hash; or 'refused', code, sentence, ms for
-- which it is kept.
-- Promises: only who holds it may say so; a repeat changes nothing.
-- Returns 1, or 0 where it is another worker's, or nobody's, by now.
local id, token, outcome = ARGV[1], ARGV[2], ARGV[3]
local k = 'sn:ds:' .. id
local state = redis.call('HMGET', k, 'status', 'holder')
if state[2] ~= token then return 0 end
if state[1] ~= 'waiting' then return state[1] == outcome and 1 or 0 end
if outcome == 'refused' then
  refuse_dataset(id, ARGV[4], ARGV[5], ARGV[6])
  return 1
end
for i = 4, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', k, 'status', 'ready', 'ready_at', now_ms())
redis.call('ZREM', 'sn:ds:waiting', id)
return 1
