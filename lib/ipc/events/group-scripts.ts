/**
 * Atomic operations of a group of readers for which there is no Redis command. Each script first
 * writes what may be refused (a key of another type), since Redis does not undo the effects of a
 * failed script.
 */
import { Script } from '../../link/script.ts'
import type { Returned } from '../reader/pending-list.ts'
import { READER_PREFIX } from './group-reader-name.ts'

/**
 * How many names and values of an event a dead letter contains: Lua passes at most about 8000
 * arguments to a command.
 */
const MOST_COPIED = 2_000

/** Adds a dead letter with a copy of the stream entry, byte for byte. */
const BURY = `
local function bury(stream, dead, group, id, reason, attempts)
  local fields = { 'event', id, 'reason', reason, 'attempts', attempts }
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    for i = 1, math.min(#entry[2], ${MOST_COPIED}) do fields[#fields + 1] = entry[2][i] end
  end
  redis.call('XADD', dead, '*', unpack(fields))
  redis.call('XACK', stream, group, id)
end`

/**
 * Returns an event to the group, or moves it to the dead letters after its last attempt.
 *
 * KEYS: stream, dead. ARGV: group, consumer, id, destination, attempts allowed, reason, idle time
 * to set, in ms. Result: 0 the consumer does not have it, 1 others may claim it, 2 it is a dead
 * letter.
 */
export const sendBack: Script<Returned> = new Script(`${BURY}
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])[1]
if not pending then return 0 end
local attempts = pending[4]
if ARGV[4] == 'dead' or (ARGV[4] == 'others' and attempts >= tonumber(ARGV[5])) then
  bury(KEYS[1], KEYS[2], ARGV[1], ARGV[3], ARGV[6], attempts)
  return 2
end
if ARGV[4] == 'kept' then attempts = attempts - 1 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', ARGV[7], 'RETRYCOUNT', attempts, 'JUSTID')
return 1
`)

/**
 * Makes an event count as just delivered.
 *
 * KEYS: stream. ARGV: group, consumer, id. Result: 1, or 0 if the consumer does not have it.
 */
export const extend: Script<0 | 1> = new Script(`
if not redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])[1] then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID')
return 1
`)

/**
 * Claims events that were not acknowledged in time, and moves those that failed too often to the
 * dead letters. Removes readers of this library that have no events left because of that, or that
 * were silent for a minute; a live one comes back with its next read.
 *
 * KEYS: stream, dead. ARGV: group, consumer, the time limit in ms, how many at most, attempts
 * allowed, reason. Result: how many events it has looked at, then for each claimed event its id,
 * its attempt and its fields.
 */
export const claim: Script<[looked: number, ...[id: string, attempt: number, fields: string[]][]]> = new Script(`${BURY}
local idle = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], '-', '+', ARGV[4])
local claimed, claimedFrom = { #idle }, {}
for _, pending in ipairs(idle) do
  local id, attempts = pending[1], pending[4]
  claimedFrom[pending[2]] = true
  if attempts >= tonumber(ARGV[5]) then
    bury(KEYS[1], KEYS[2], ARGV[1], id, ARGV[6], attempts)
  else
    local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], id)[1]
    if entry then claimed[#claimed + 1] = { id, attempts + 1, entry[2] }
    else redis.call('XACK', KEYS[1], ARGV[1], id) end
  end
end
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local about = {}
  for i = 1, #consumer, 2 do about[consumer[i]] = consumer[i + 1] end
  if string.sub(about.name, 1, ${READER_PREFIX.length}) == '${READER_PREFIX}' and about.name ~= ARGV[2]
    and about.pending == 0 and (claimedFrom[about.name] or about.idle > 60000) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about.name)
  end
end
return claimed
`)

/**
 * Ends a reader: others may claim its events immediately. The reader is removed if it has no
 * events; otherwise others remove it later.
 *
 * KEYS: stream. ARGV: group, consumer, idle time to set for its events, in ms. Result: how many
 * events it had.
 */
export const leave: Script<number> = new Script(`
local had = 0
local from = '-'
while true do
  local page = redis.call('XPENDING', KEYS[1], ARGV[1], from, '+', 100, ARGV[2])
  for _, pending in ipairs(page) do
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, pending[1],
      'IDLE', ARGV[3], 'RETRYCOUNT', pending[4] - 1, 'JUSTID')
  end
  had = had + #page
  if #page < 100 then break end
  from = '(' .. page[#page][1]
end
if had == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
return had
`)

/**
 * Returns a dead letter to the group, if its event is still in the stream.
 *
 * KEYS: dead, stream. ARGV: id of the letter, group, consumer, idle time to set, in ms. Result: 1
 * or 0.
 */
export const replayEvent: Script<0 | 1> = new Script(`
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry or entry[2][1] ~= 'event' then return 0 end
local id = entry[2][2]
if not redis.call('XRANGE', KEYS[2], id, id)[1] then return 0 end
redis.call('XCLAIM', KEYS[2], ARGV[2], ARGV[3], 0, id, 'IDLE', ARGV[4], 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return 1
`)
