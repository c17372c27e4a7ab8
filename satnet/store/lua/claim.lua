-- Take the best entry of several queues, and those that may be stacked with it: raise each one's fence, start
-- an attempt, grant a lease.
-- ARGV: worker, nonce, lease ms, how many at most, then the queues.
-- Promises: a repeated call with the same nonce returns the same grants while they stand; a group is shared out among
-- the workers that were seen within a minute.
-- Returns a list of {id, fence, attempt, spec, ms that earlier attempts took, sweep, request}, empty if the queues are.
local worker, nonce, lease, most = ARGV[1], 'sn:nonce:' .. ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local function grant(id)
  local f = redis.call('HMGET', exp_key(id), 'fence', 'attempt', 'spec', 'spent', 'sweep', 'request')
  return {id, f[1], f[2], f[3], f[4], f[5] or '', f[6] or ''}
end
local known = redis.call('GET', nonce)
if known then
  local again = {}
  for id, fence in string.gmatch(known, '(%S+) (%d+)') do
    local state = redis.call('HMGET', exp_key(id), 'status', 'fence')
    if state[1] == 'running' and state[2] == fence then again[#again + 1] = grant(id) end
  end
  if #again > 0 then return again end
end
local function pop()
  local best, id, score
  for i = 5, #ARGV do
    local head = redis.call('ZRANGE', 'sn:q:' .. ARGV[i], 0, 0, 'WITHSCORES')
    if #head > 0 and (not score or tonumber(head[2]) < score) then
      best, id, score = 'sn:q:' .. ARGV[i], head[1], tonumber(head[2])
    end
  end
  if best then redis.call('ZREM', best, id) end
  return id
end
local granted, told = {}, {}
local function take(id)
  local k, now = exp_key(id), now_ms()
  leave_queue(id)
  local fence = redis.call('HINCRBY', k, 'fence', 1)
  local attempt = redis.call('HINCRBY', k, 'attempt', 1)
  redis.call('HSET', k, 'worker', worker, 'flag', '',
    'open_attempt', '{"attempt":' .. attempt .. ',"worker":' .. cjson.encode(worker) .. ',"started_at":' .. now)
  redis.call('HSETNX', k, 'started_at', now)
  redis.call('SET', 'sn:looked_at', now, 'NX')  -- from the first lease on, a time in which nobody looks is noticed
  redis.call('ZADD', 'sn:leases', now + lease, id)
  transition(id, 'running', nil)
  granted[#granted + 1] = grant(id)
  told[#told + 1] = id .. ' ' .. fence
end
for _ = 1, 100 do
  local id = pop()
  if not id then break end
  local state = redis.call('HMGET', exp_key(id), 'status', 'attempt')
  if state[1] == 'queued' then
    local group = state[2] == '0' and most > 1 and group_key(id)
    local others = {}
    if group then
      local workers = math.max(1, redis.call('ZCOUNT', 'sn:workers', now_ms() - 60000, '+inf'))
      local share = math.min(most, math.ceil(redis.call('ZCARD', group) / workers))
      redis.call('ZREM', group, id)
      if share > 1 then others = redis.call('ZRANGE', group, 0, share - 2) end
    end
    take(id)
    for _, other in ipairs(others) do
      if redis.call('HGET', exp_key(other), 'status') == 'queued' then take(other) else redis.call('ZREM', group, other) end
    end
    redis.call('SET', nonce, table.concat(told, ' '), 'PX', 60000)
    return granted
  end
end
return granted
