-- Take the best entry of several queues: raise its fence, start an attempt, grant a lease.
-- ARGV: worker, nonce, lease ms, then the queues.
-- Promises: a repeated call with the same nonce returns the same grant while it stands.
-- Returns {id, fence, attempt, spec, ms that earlier attempts took} or nothing.
local worker, nonce, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local function grant(id)
  local f = redis.call('HMGET', exp_key(id), 'fence', 'attempt', 'spec', 'spent')
  return {id, f[1], f[2], f[3], f[4]}
end
local known = redis.call('GET', 'sn:nonce:' .. nonce)
if known then
  local id, fence = string.match(known, '^(%S+) (%d+)$')
  local state = redis.call('HMGET', exp_key(id), 'status', 'fence')
  if state[1] == 'running' and state[2] == fence then return grant(id) end
end
local function pop()
  local best, id, score
  for i = 4, #ARGV do
    local head = redis.call('ZRANGE', 'sn:q:' .. ARGV[i], 0, 0, 'WITHSCORES')
    if #head > 0 and (not score or tonumber(head[2]) < score) then
      best, id, score = 'sn:q:' .. ARGV[i], head[1], tonumber(head[2])
    end
  end
  if best then redis.call('ZREM', best, id) end
  return id
end
for _ = 1, 100 do
  local id = pop()
  if not id then return nil end
  local k = exp_key(id)
  if redis.call('HGET', k, 'status') == 'queued' then
    local now = now_ms()
    local fence = redis.call('HINCRBY', k, 'fence', 1)
    local attempt = redis.call('HINCRBY', k, 'attempt', 1)
    redis.call('HSET', k, 'worker', worker, 'flag', '',
      'open_attempt', '{"attempt":' .. attempt .. ',"worker":' .. cjson.encode(worker) .. ',"started_at":' .. now)
    redis.call('HSETNX', k, 'started_at', now)
    redis.call('ZADD', 'sn:leases', now + lease, id)
    redis.call('SET', 'sn:nonce:' .. nonce, id .. ' ' .. fence, 'PX', 60000)
    transition(id, 'running', nil)
    return grant(id)
  end
end
return nil
