-- A new attempt goes on after a measured epoch: what the one before measured later is forgotten, to be trained again.
-- ARGV: id, fence, fold or '', epoch (-1: from the start), JSON of what it resumes from or 'null', note JSON or ''.
-- Promises: a repeat changes nothing; a fence that lost is refused. Returns 1 or 0.
local id, fold, epoch = ARGV[1], tonumber(ARGV[3]) or 0, tonumber(ARGV[4])
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'fence', 'open_attempt', 'findings')
if state[1] ~= 'running' or state[2] ~= ARGV[2] then return 0 end
for _, key in ipairs(redis.call('HKEYS', 'sn:epochs:' .. id)) do
  local other, number = string.match(key, '^(%d*):(%d+)$')
  other, number = tonumber(other) or 0, tonumber(number)
  if epoch < 0 or other > fold or (other == fold and number > epoch) then
    redis.call('HDEL', 'sn:epochs:' .. id, key)
    redis.call('HDEL', 'sn:units:' .. id, key)
  end
end
if not string.find(state[3], '"resumed_from"', 1, true) then
  redis.call('HSET', k, 'open_attempt', state[3] .. ',"resumed_from":' .. ARGV[5])
  if epoch < 0 then redis.call('HSET', k, 'progress', '') end
  if ARGV[6] ~= '' then event(id, 'checkpoint_skipped', ARGV[6]) end
  event(id, 'rewound', '{"resumed_from":' .. ARGV[5] .. '}')
  changed(id)
end
return 1
