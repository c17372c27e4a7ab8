-- Queue again: what is paused, failed or cancelled; from its checkpoint, or ('retry') from the start.
-- ARGV: id, 'resume' or 'retry'. Promises: on queued and running ones it changes nothing but an unheard pause;
-- a repeated retry hears what the first heard.
-- Returns the status before, 'external', or nothing.
local id, mode = ARGV[1], ARGV[2]
local k = exp_key(id)
local state = redis.call('HMGET', k, 'status', 'flag', 'kind', 'attempt', 'retried')
if not state[1] then return nil end
if state[3] == 'external' then return 'external' end
if state[1] == 'queued' and mode == 'retry' and state[5] == state[4] then return 'failed' end
if state[1] == 'running' and state[2] == 'pause' and mode == 'resume' then
  redis.call('HSET', k, 'flag', '')
  changed(id)
  event(id, 'resumed', '{}')
end
local over = state[1] == 'failed' or state[1] == 'cancelled'
if not over and not (state[1] == 'paused' and mode == 'resume') then return state[1] end
if over then  -- somebody decided anew: lost attempts and time count from here
  redis.call('HSET', k, 'lost', 0, 'spent', 0, 'status_reason', '', 'stop_reason', '', 'summary', '', 'environment', '')
  redis.call('HDEL', k, 'finished_at')
  redis.call('ZREM', 'sn:expire', id)
end
if mode == 'retry' then
  redis.call('HSET', k, 'progress', '', 'findings', '[]', 'retried', state[4])
  redis.call('HDEL', k, 'checkpoints')
  redis.call('DEL', 'sn:ckpt:' .. id, 'sn:epochs:' .. id, 'sn:units:' .. id)
end
transition(id, 'queued', mode == 'retry' and 'retried' or 'resumed')
enqueue(id)
return state[1]
