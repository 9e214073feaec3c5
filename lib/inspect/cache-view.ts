import { fieldTimeLeft } from '../ipc/cache/field-expiry.ts'
import type { CacheLayout } from '../ipc/cache/options.ts'
import { ownEntryKeys } from '../ipc/keys.ts'
import { readFailure } from '../link/redis-failure.ts'
import { ReadingScript } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'
import { lengthOf } from './lengths.ts'
import type { Phase } from './page.ts'

export interface CacheView {
  readonly name: string
  readonly layout: CacheLayout
  /** How many entries it has; undefined: each is a key of its own, so Redis does not know. */
  readonly entries: number | undefined
}

export interface CacheEntryView {
  readonly layout: CacheLayout
  /** Its text, `{"timestamp":…,"content":…}`, or the first 10 000 bytes of it. */
  readonly text: string
  /** How long the whole text is. */
  readonly bytes: number
  /** How long it stays, in ms; undefined: until it is deleted. */
  readonly ttlMs: number | undefined
}

const LONGEST_TEXT = 10_000
const ENTRY = ':entry:'

/** KEYS: hash. Result: how the value of one of its fields begins. */
const valueHead: ReadingScript<string | null> = new ReadingScript(`
local fields = redis.call('HSCAN', KEYS[1], '0', 'COUNT', 1)[2]
return fields[2] and string.sub(fields[2], 1, 13)
`)

/** Where caches show: hashes of entries, and entries that have keys of their own. */
export function cachePhases(match: string): readonly Phase<CacheView>[] {
  return [
    {
      type: 'hash',
      pattern: match,
      view: async (redis, name) => {
        if ((await valueHead.run(redis, [name], [])) !== '{"timestamp":') return undefined
        return { name, layout: 'hash', entries: await lengthOf(redis.hlen(name)) }
      },
    },
    {
      type: 'string',
      pattern: `${match}${ENTRY}*`,
      view: async (_, key) => {
        const name = key.slice(0, key.indexOf(ENTRY))
        // A hash tag is around the whole key of a lock.
        return name === '' || name.startsWith('{') ? undefined : { name, layout: 'keys', entries: undefined }
      },
    },
  ]
}

const CUT = `
if not text then return false end
return { string.sub(text, 1, ARGV[1]), string.len(text) }`

/** KEYS: hash. ARGV: longest, field. Result: text and length. */
const fieldText: ReadingScript<[string, number] | null> = new ReadingScript(`
local text = redis.call('TYPE', KEYS[1]).ok == 'hash' and redis.call('HGET', KEYS[1], ARGV[2])${CUT}`)

/** KEYS: string. ARGV: longest. Result: text and length. */
const keyText: ReadingScript<[string, number] | null> = new ReadingScript(`
local text = redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1])${CUT}`)

/** An entry of a cache, in whichever layout; undefined: there is none. */
export async function cacheEntry(redis: RedisLife, name: string, field: string): Promise<CacheEntryView | undefined> {
  const { home } = ownEntryKeys(name, field)
  const [inHash, inKey] = await Promise.all([
    fieldText.run(redis, [name], [LONGEST_TEXT, field]),
    keyText.run(redis, [home], [LONGEST_TEXT]),
  ])
  if (inHash !== null) {
    const [text, bytes] = inHash
    return { layout: 'hash', text, bytes, ttlMs: timeLeft(await fieldTimeLeft(redis, name, field).catch(unlessOld)) }
  }
  if (inKey === null) return undefined
  const [text, bytes] = inKey
  return { layout: 'keys', text, bytes, ttlMs: timeLeft(await redis.pttl(home)) }
}

/** Redis answers a field's with an array, and negative where there is none. */
function timeLeft(answer: unknown): number | undefined {
  const ms = Number(Array.isArray(answer) ? answer[0] : answer)
  return ms >= 0 ? ms : undefined
}

/** Before Redis 7.4 no field expires. */
function unlessOld(error: unknown): undefined {
  if (readFailure(error) !== 'unsupported') throw error
}
