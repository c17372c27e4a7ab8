-- Keep a dataset that is being read. ARGV: id, token, lease ms. Returns 1, or 0 where it is another worker's, or nobody's, by now.
local k = 'sn:ds:' .. ARGV[1]
local state = redis.call('HMGET', k, 'status', 'holder')
if state[1] ~= 'waiting' or state[2] ~= ARGV[2] then return 0 end
redis.call('ZADD', 'sn:ds:waiting', now_ms() + tonumber(ARGV[3]), ARGV[1])
return 1
