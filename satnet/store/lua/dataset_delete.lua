-- Delete a dataset that nothing uses. ARGV: id, how many of those that use it are named.
-- Promises: while a stored experiment or sweep uses it, it stays; those that are gone count no more.
-- Returns {'missing'}, {'used', id, ...} or {'ok', the folder of its files}.
local id, most = ARGV[1], tonumber(ARGV[2])
local k = 'sn:ds:' .. id
local folder = redis.call('HGET', k, 'folder')
if not folder then return {'missing'} end
local answer = {'used'}
for _, one in ipairs(redis.call('SMEMBERS', k .. ':uses')) do
  if #answer > most then break end
  if redis.call('EXISTS', exp_key(one), 'sn:sweep:' .. one) == 0 then
    redis.call('SREM', k .. ':uses', one)
  else
    answer[#answer + 1] = one
  end
end
if #answer > 1 then return answer end
leave_datasets(id)
redis.call('DEL', k, k .. ':uses')
return {'ok', folder}
