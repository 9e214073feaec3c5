/**
 * Atomic operations of a queue for which there is no Redis command. Each script first writes what
 * may be refused (a key of another type), since Redis does not undo the effects of a failed script.
 * If it may not publish a message, the script still succeeds. Times are on Redis's clock.
 */
import { Script } from '../../link/script.ts'
import type { Returned } from '../reader/pending-list.ts'

/**
 * A script that may not call TIME answers as if the command did not exist, because Redis's own
 * error does not name it.
 */
const NOW = `
local time = redis.pcall('TIME')
if time.err then return redis.error_reply('ERR unknown command TIME in a script: ' .. time.err) end
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/**
 * A task's text ends with the number of its failed attempts, so that the rest does not have to be
 * parsed and encoded again: the text of other writers stays unchanged. A text that is not a JSON
 * object stays unchanged too; its reader reports it.
 */
const FAILED = `
local function failed(text)
  local body, attempts = string.match(text, '^(.*),"attempts":(%d+)}%s*$')
  if not body then
    body = string.match(text, '^(.*)}%s*$')
    attempts = 0
  end
  if not body then return text, text, 1 end
  attempts = attempts + 1
  return body .. '}', body .. ',"attempts":' .. attempts .. '}', attempts
end
local function bury(dead, text, reason, attempts)
  redis.call('XADD', dead, '*', 'task', text, 'reason', reason, 'attempts', attempts)
end`

/**
 * Sorts by number, latest first. Any client may write there, so a field may have any name; names
 * that are not numbers come last.
 */
const NUMBERS = `
local function latestFirst(fields)
  local numbers = {}
  for _, field in ipairs(fields) do
    local number = tonumber(field)
    numbers[field] = number and number == number and number or -1
  end
  table.sort(fields, function(a, b) return numbers[a] > numbers[b] end)
  return fields
end`

/**
 * Removes the tasks that a reader has acknowledged, moves new tasks into its hash and renews its
 * lease.
 *
 * KEYS: queue, arrived, hash, readers. ARGV: reader, lease in ms, how many at most, number of the
 * first, acknowledged numbers. Result: whether the reader was not registered (1 or 0), how many
 * acknowledged tasks were in the hash, then the texts.
 */
export const take: Script<[registered: number, acknowledged: number, ...texts: string[]]> = new Script(`${NOW}
redis.call('LLEN', KEYS[1])
redis.call('LLEN', KEYS[2])
redis.call('HLEN', KEYS[3])
local taken = { redis.call('ZADD', KEYS[4], now + ARGV[2], ARGV[1]), 0 }
if ARGV[5] then taken[2] = redis.call('HDEL', KEYS[3], unpack(ARGV, 5)) end
local wanted, number = tonumber(ARGV[3]), tonumber(ARGV[4])
local fields, count = {}, 0
for i = 2, 1, -1 do
  local texts = count < wanted and redis.call('RPOP', KEYS[i], wanted - count)
  if texts then
    for j = 1, #texts do
      fields[2 * count + 1] = string.format('%d', number + count)
      fields[2 * count + 2] = texts[j]
      taken[count + 3] = texts[j]
      count = count + 1
    end
  end
end
if count > 0 then redis.call('HSET', KEYS[3], unpack(fields)) end
return taken
`)

/** How many {@link take} may be asked for: Lua passes at most about 8000 arguments to a command. */
export const MOST_TAKEN = 1_000

/**
 * Returns a task to the queue, or moves it to the dead letters after its last attempt.
 *
 * KEYS: hash, queue, delayed, dead. ARGV: number, destination, attempts allowed, reason, delay in
 * ms, an id of 36 characters, channel. Result: 0 it was not in the hash, 1 others may have it, 2 it
 * is a dead letter.
 */
export const giveBack: Script<Returned> = new Script(`${NOW}${FAILED}
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
local outcome = 1
if ARGV[2] == 'kept' then
  redis.call('RPUSH', KEYS[2], text)
else
  local plain, again, attempts = failed(text)
  if ARGV[2] == 'dead' or attempts >= tonumber(ARGV[3]) then
    bury(KEYS[4], plain, ARGV[4], attempts)
    outcome = 2
  elseif tonumber(ARGV[5]) > 0 then
    redis.call('ZADD', KEYS[3], now + ARGV[5], ARGV[6] .. again)
    redis.pcall('PUBLISH', ARGV[7], ARGV[5])
  else
    redis.call('LPUSH', KEYS[2], again)
  end
end
redis.call('HDEL', KEYS[1], ARGV[1])
return outcome
`)

/**
 * Returns to the front all tasks of a reader whose lease has expired, and the task that may have
 * woken it. If the reader's key is not a hash, it was never a reader: its entry is removed, so that
 * it does not block the others.
 *
 * KEYS: readers, hash of that reader, queue, dead, arrived. ARGV: that reader, attempts allowed,
 * reason. Result: how many tasks; -1 it is alive, or others have done it.
 */
export const recover: Script<number> = new Script(`${NOW}${FAILED}${NUMBERS}
local expiry = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not expiry or tonumber(expiry) > now then return -1 end
local numbers = redis.pcall('HKEYS', KEYS[2])
if numbers.err then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return numbers
end
while redis.call('LMOVE', KEYS[5], KEYS[3], 'LEFT', 'RIGHT') do end
for _, number in ipairs(latestFirst(numbers)) do
  local plain, again, attempts = failed(redis.call('HGET', KEYS[2], number))
  if attempts >= tonumber(ARGV[2]) then bury(KEYS[4], plain, ARGV[3], attempts)
  else redis.call('RPUSH', KEYS[3], again) end
  redis.call('HDEL', KEYS[2], number)
end
redis.call('ZREM', KEYS[1], ARGV[1])
return #numbers
`)

/**
 * Renews a reader's lease.
 *
 * KEYS: readers. ARGV: reader, lease in ms.
 * Result: whether the reader was not registered (1 or 0), then the readers whose leases have run out.
 */
export const beat: Script<[registered: number, ...expired: string[]]> = new Script(`${NOW}
local registered = redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)
table.insert(expired, 1, registered)
return expired
`)

/**
 * Ends a reader: what it has goes back to the front, and so does what woke a reader and was not taken.
 *
 * KEYS: hash, queue, arrived, readers. ARGV: reader.
 * Result: how many tasks went back from its hash.
 */
export const leave: Script<number> = new Script(`${NUMBERS}
local numbers = latestFirst(redis.call('HKEYS', KEYS[1]))
while redis.call('LMOVE', KEYS[3], KEYS[2], 'LEFT', 'RIGHT') do end
for _, number in ipairs(numbers) do
  redis.call('RPUSH', KEYS[2], redis.call('HGET', KEYS[1], number))
  redis.call('HDEL', KEYS[1], number)
end
redis.call('ZREM', KEYS[4], ARGV[1])
return #numbers
`)

/**
 * Delays a task until it is due.
 *
 * KEYS: delayed. ARGV: delay in ms, an id of 36 characters, text, channel.
 */
export const delay: Script<null> = new Script(`${NOW}
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2] .. ARGV[3])
redis.pcall('PUBLISH', ARGV[4], ARGV[1])
`)

/**
 * Moves the tasks that are due to the end of the queue.
 *
 * KEYS: delayed, queue. ARGV: how many at most.
 * Result: in how many ms the next one is due; -1 there is none.
 */
export const promote: Script<number> = new Script(`${NOW}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
  redis.call('LPUSH', KEYS[2], string.sub(member, 37))
  redis.call('ZREM', KEYS[1], member)
end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if not next[2] then return -1 end
return math.max(0, next[2] - now)
`)

/**
 * Moves a dead letter to the end of the queue.
 *
 * KEYS: dead, queue. ARGV: id. Result: 1, or 0 if there is none, or it holds no task.
 */
export const replayTask: Script<0 | 1> = new Script(`
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
local task
for i = #entry[2] - 1, 1, -2 do
  if entry[2][i] == 'task' then task = entry[2][i + 1] end
end
if not task then return 0 end
redis.call('LPUSH', KEYS[2], task)
redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return 1
`)
