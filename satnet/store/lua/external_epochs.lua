-- Store measured epochs of an experiment that is trained elsewhere, all or none; it is no longer silent.
-- ARGV: id, fence, most bytes of its records, ms of silence after which it ends, progress JSON or '', findings JSON or '',
-- then per epoch: ':epoch', record JSON, event JSON, units JSON or '', seconds.
-- Promises: an epoch that is there stays as it is; a fence that lost is refused.
-- Returns {'ok', new epochs, epochs in all}, {'full', bytes needed} or {'lost'}.
local id, most = ARGV[1], tonumber(ARGV[3])
local k, epochs, units = exp_key(id), 'sn:epochs:' .. ARGV[1], 'sn:units:' .. ARGV[1]
local state = redis.call('HMGET', k, 'status', 'fence', 'record_bytes')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return {'lost'} end
local fresh, seen, bytes, seconds = {}, {}, tonumber(state[3] or '0'), 0
for i = 7, #ARGV, 5 do
  if not seen[ARGV[i]] and redis.call('HEXISTS', epochs, ARGV[i]) == 0 then
    seen[ARGV[i]] = true
    fresh[#fresh + 1] = i
    bytes = bytes + #ARGV[i + 1] + #ARGV[i + 3]
    seconds = seconds + tonumber(ARGV[i + 4])
  end
end
if #fresh > 0 and bytes > most then return {'full', bytes} end
for _, i in ipairs(fresh) do
  redis.call('HSET', epochs, ARGV[i], ARGV[i + 1])
  if ARGV[i + 3] ~= '' then redis.call('HSET', units, ARGV[i], ARGV[i + 3]) end
  redis.call('HINCRBY', k, 'version', 1)
  event(id, 'epoch', ARGV[i + 2])
end
redis.call('HSET', k, 'record_bytes', bytes)
redis.call('HINCRBYFLOAT', k, 'trained_s', seconds)
if #fresh > 0 and ARGV[5] ~= '' then redis.call('HSET', k, 'progress', ARGV[5]) end
if ARGV[6] ~= '' then
  redis.call('HSET', k, 'findings', ARGV[6])
  redis.call('HINCRBY', k, 'version', 1)
end
redis.call('ZADD', 'sn:silent', now_ms() + tonumber(ARGV[4]), id)
return {'ok', #fresh, redis.call('HLEN', epochs)}
