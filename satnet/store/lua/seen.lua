-- A worker says that it lives; also when memory is full, as one that says nothing is replaced.
-- ARGV: worker, what it says of itself as JSON fields without the opening brace, ms until it is forgotten.
local worker, now = ARGV[1], now_ms()
redis.call('ZREMRANGEBYSCORE', 'sn:workers', '-inf', now - tonumber(ARGV[3]))
redis.call('ZADD', 'sn:workers', now, worker)
redis.call('SET', 'sn:w:' .. worker, '{"seen":' .. now .. ',' .. ARGV[2], 'PX', ARGV[3])
return 1
