-- Make indexes, queues and leases agree with the hashes again, some experiments a call.
-- ARGV: how many, lease ms. Each call goes on where the one before ended. Returns ids that were mended.
local start, following = redis.call('GET', 'sn:repair') or '-inf', '-inf'
local found = redis.call('ZRANGE', 'sn:ix:all', start, '+inf', 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[1]), 'WITHSCORES')
local answer = {}
for i = 1, #found, 2 do
  local id, created = found[i], found[i + 1]
  local k, mended = exp_key(id), false
  local state = redis.call('HMGET', k, 'status', 'queue', 'kind')
  for _, status in ipairs({'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'}) do
    local there = redis.call('ZSCORE', 'sn:ix:' .. status, id)
    if there and status ~= state[1] then
      redis.call('ZREM', 'sn:ix:' .. status, id)
      mended = true
    elseif not there and status == state[1] then
      redis.call('ZADD', 'sn:ix:' .. status, created, id)
      mended = true
    end
  end
  if not state[1] then
    redis.call('ZREM', 'sn:ix:all', id)
    leave_queue(id)
    mended = true
  elseif state[3] ~= 'external' then
    local leased, delayed = redis.call('ZSCORE', 'sn:leases', id), redis.call('ZSCORE', 'sn:delayed', id)
    local waits = redis.call('ZSCORE', 'sn:q:' .. state[2], id)
    if state[1] == 'queued' then
      if leased then redis.call('ZREM', 'sn:leases', id) end
      if not waits and not delayed then enqueue(id) end
      mended = mended or leased or not (waits or delayed)
    elseif state[1] == 'running' then
      if not leased then redis.call('ZADD', 'sn:leases', now_ms() + tonumber(ARGV[2]), id) end
      if waits or delayed then
        redis.call('ZREM', 'sn:delayed', id)
        redis.call('ZREM', 'sn:q:' .. state[2], id)
      end
      mended = mended or not leased or waits or delayed
    elseif leased or delayed or waits then
      leave_queue(id)
      mended = true
    end
  end
  if mended then answer[#answer + 1] = id end
  if i + 1 == #found and #found == 2 * tonumber(ARGV[1]) then following = created == start and '(' .. created or created end
end
redis.call('SET', 'sn:repair', following)
return answer
