import { InvalidOptionError } from '../errors.ts'
import { queueKeys } from '../ipc/keys.ts'
import { ReadingScript } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'
import { knownOptions, wholeNumber } from '../util/options.ts'

/** Which tasks of a queue. */
export type QueuePart = 'waiting' | 'delayed' | 'dead'

/** A task, or a dead letter. */
export interface ItemView {
  /**
   * For a dead letter its id, for a delayed task 36 characters; undefined: it only has the `uuid`
   * in its text.
   */
  readonly id: string | undefined
  /** Its text as it was published, or the first 10 000 bytes of it. */
  readonly text: string
  /** The length of the whole text. */
  readonly bytes: number
  /**
   * When a delayed task is due, or a task became a dead letter, in ms since 1970 on Redis's clock.
   */
  readonly at?: number
  /** Why it is a dead letter, and how many attempts had failed. */
  readonly reason?: string
  readonly attempts?: number
}

/** Which of the tasks. */
export interface ItemOptions {
  /** How many to skip; up to 10000. @defaultValue 0 */
  readonly offset?: number
  /** The largest number to return; up to 100. @defaultValue 20 */
  readonly limit?: number
}

const LONGEST_TEXT = 10_000
const LONGEST_REASON = 1_000

/** Texts may be large, so Redis cuts them. */
const CUT = `
local longest = tonumber(ARGV[3])
local function cut(text) return string.sub(text, 1, longest), string.len(text) end`

/** KEYS: list. ARGV: offset, limit, longest. Result: text and length, in turn; readers take from the right. */
const waiting: ReadingScript<(string | number)[]> = new ReadingScript(`${CUT}
local found = {}
for i = ARGV[1] + 1, ARGV[1] + ARGV[2] do
  local text = redis.call('LINDEX', KEYS[1], -i)
  if not text then break end
  found[#found + 1], found[#found + 2] = cut(text)
end
return found
`)

/** KEYS: sorted set. ARGV: offset, limit, longest. Result: id, due time, text and length, in turn. */
const delayed: ReadingScript<(string | number)[]> = new ReadingScript(`${CUT}
local found = {}
for i = ARGV[1], ARGV[1] + ARGV[2] - 1 do
  local member = redis.call('ZRANGE', KEYS[1], i, i, 'WITHSCORES')
  if not member[1] then break end
  local text, length = cut(string.sub(member[1], 37))
  for _, part in ipairs({ string.sub(member[1], 1, 36), member[2], text, length }) do found[#found + 1] = part end
end
return found
`)

/**
 * KEYS: stream. ARGV: offset, limit, longest, longest reason. Result: id, reason, attempts, text
 * and length, in turn.
 */
const dead: ReadingScript<(string | number)[]> = new ReadingScript(`${CUT}
local found, from = {}, '-'
for i = 1, ARGV[1] + ARGV[2] do
  local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  if not entry then break end
  from = '(' .. entry[1]
  if i > tonumber(ARGV[1]) then
    local fields = {}
    for j = #entry[2] - 1, 1, -2 do fields[entry[2][j]] = entry[2][j + 1] end
    local text, length = cut(fields.task or '')
    local reason = string.sub(fields.reason or '', 1, ARGV[4])
    for _, part in ipairs({ entry[1], reason, fields.attempts or '0', text, length }) do found[#found + 1] = part end
  end
end
return found
`)

/**
 * The next tasks of a part of a queue: those first that are taken, due, or became dead letters first.
 * @throws InvalidOptionError
 */
export async function queueItems(
  redis: RedisLife,
  name: string,
  part: QueuePart,
  options: ItemOptions,
): Promise<ItemView[]> {
  knownOptions(options, ['offset', 'limit'])
  const offset = wholeNumber('offset', options.offset, 0, 0, 10_000)
  const limit = wholeNumber('limit', options.limit, 20, 1, 100)
  const args = [offset, limit, LONGEST_TEXT, LONGEST_REASON]
  const keys = queueKeys(name)
  switch (part) {
    case 'waiting':
      return groups(await waiting.run(redis, [keys.queue], args), 2).map(([text, bytes]) => ({
        id: undefined,
        text: String(text),
        bytes: Number(bytes),
      }))
    case 'delayed':
      return groups(await delayed.run(redis, [keys.delayed], args), 4).map(([id, at, text, bytes]) => ({
        id: String(id),
        text: String(text),
        bytes: Number(bytes),
        at: Number(at),
      }))
    case 'dead':
      return groups(await dead.run(redis, [keys.dead], args), 5).map(([id, reason, attempts, text, bytes]) => ({
        id: String(id),
        text: String(text),
        bytes: Number(bytes),
        at: Number.parseInt(String(id), 10),
        reason: String(reason),
        attempts: Number(attempts) || 0,
      }))
    default:
      throw new InvalidOptionError('part', "'waiting', 'delayed' or 'dead'", part)
  }
}

function groups<V>(flat: readonly V[], size: number): V[][] {
  return Array.from({ length: Math.floor(flat.length / size) }, (_, i) => flat.slice(i * size, (i + 1) * size))
}
