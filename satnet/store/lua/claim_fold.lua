-- Take one fold of an experiment that another worker runs: its last one that is free, or whose helper is silent.
-- ARGV: token, lease ms, then the queues.
-- Promises: a repeated call with the same token returns the same fold while it stands.
-- Returns {id, fence, fold, spec}, or nothing.
local token, now = ARGV[1], now_ms()
for i = 3, #ARGV do
  for _, id in ipairs(redis.call('SMEMBERS', offers_key(ARGV[i]))) do
    local state = redis.call('HMGET', exp_key(id), 'status', 'fence', 'flag', 'spec')
    local k = folds_key(id)
    if state[1] ~= 'running' or redis.call('HGET', k, 'fence') ~= state[2] then
      redis.call('SREM', offers_key(ARGV[i]), id)
    elseif state[3] == '' then
      local chosen = nil
      local told = redis.call('HGETALL', k)
      for place = 1, #told, 2 do
        local fold, by = tonumber(told[place]), told[place + 1]
        local silent = by == 'free'
        if fold and string.sub(by, 1, 4) == 'tok_' then
          if by == token then
            return {id, state[2], fold, state[4]}
          end
          silent = tonumber(redis.call('HGET', k, fold .. ':until')) < now
        end
        if fold and silent and (not chosen or fold > chosen) then chosen = fold end
      end
      if chosen then
        redis.call('HSET', k, chosen, token, chosen .. ':until', now + tonumber(ARGV[2]))
        return {id, state[2], chosen, state[4]}
      end
    end
  end
end
return nil
