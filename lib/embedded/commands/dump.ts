import { keys } from '../catalog/key-spec.ts'
import type { Value } from '../data/value.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { BadPayload } from '../rdb/bad-payload.ts'
import { valueLimits } from '../rdb/limits.ts'
import { deserialize, isSound, serialize } from '../rdb/payload.ts'
import { TooLong } from '../rdb/writer.ts'
import { ErrorReply, OK } from '../resp/value.ts'
import { integer } from './parse.ts'
import { LONGEST_STRING } from './string.ts'

/** @see https://redis.io/docs/latest/commands/dump/ */
export const dump: Command<[key: string]> = {
  name: 'dump',
  arity: 2,
  group: 'generic',
  since: '2.6.0',
  summary: 'Return a serialized version of the value stored at the specified key.',
  complexity:
    'O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run({ db }, [, key]) {
    const entry = db.find(key)
    if (entry === undefined) return null
    try {
      return serialize(entry.value, LONGEST_STRING)
    } catch (error) {
      if (!(error instanceof TooLong)) throw error
      throw new ErrorReply('ERR the value is too large to be serialized')
    }
  },
}

/** @see https://redis.io/docs/latest/commands/restore/ */
export const restore: Command<[key: string, ttl: string, serializedValue: string, ...options: string[]]> = {
  name: 'restore',
  arity: -4,
  group: 'generic',
  since: '2.6.0',
  summary: 'Create a key using the provided serialized value, previously obtained using DUMP.',
  complexity:
    'O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).',
  flags: ['write', 'denyoom'],
  categories: ['keyspace', 'dangerous'],
  keys: [keys('OW update')],
  run(client, argv) {
    const { db, engine } = client
    const [name, key, ttlText, payload] = argv
    const { replace, absolute, idleSeconds } = parseOptions(argv)
    if (!replace && db.take(key) !== undefined) throw new ErrorReply('BUSYKEY Target key name already exists.')
    const ttl = integer(ttlText)
    if (ttl < 0) throw new ErrorReply('ERR Invalid TTL value, must be >= 0')
    const value = read(client, payload)
    const old = db.take(key)
    if (old !== undefined) db.remove(old)
    const expiresAt = Math.min(ttl === 0 || absolute ? ttl : ttl + engine.now, Number.MAX_SAFE_INTEGER)
    if (ttl !== 0 && expiresAt <= engine.now) {
      if (old !== undefined) {
        db.changed(key, EVENT.generic, 'del')
        engine.propagation.rewrite(['DEL', key])
      }
      return OK
    }
    const entry = db.add(key, value)
    if (ttl !== 0) {
      db.expireAt(entry, expiresAt)
      if (!absolute) {
        engine.propagation.rewrite([name, key, String(expiresAt), ...argv.slice(3), 'ABSTTL'])
      }
    }
    if (idleSeconds !== undefined) entry.usedAt = engine.now - idleSeconds * 1000
    db.changed(key, EVENT.generic, 'restore')
    return OK
  },
}

interface Options {
  readonly replace: boolean
  /** The time to live is an absolute time. */
  readonly absolute: boolean
  readonly idleSeconds: number | undefined
}

function parseOptions(argv: readonly string[]): Options {
  let replace = false
  let absolute = false
  let idleSeconds: number | undefined
  let frequency: number | undefined
  for (let i = 4; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'REPLACE') replace = true
    else if (word === 'ABSTTL') absolute = true
    else if (word === 'IDLETIME' && i + 1 < argv.length && frequency === undefined) {
      idleSeconds = integer(argv[++i]!)
      if (idleSeconds < 0) throw new ErrorReply('ERR Invalid IDLETIME value, must be >= 0')
    } else if (word === 'FREQ' && i + 1 < argv.length && idleSeconds === undefined) {
      // This server does not count how often a key is used, so it ignores the frequency.
      frequency = integer(argv[++i]!)
      if (frequency < 0 || frequency > 255) {
        throw new ErrorReply('ERR Invalid FREQ value, must be >= 0 and <= 255')
      }
    } else throw SYNTAX_ERROR
  }
  return { replace, absolute, idleSeconds }
}

/** The value of a payload. It is read completely before anything is changed. */
function read({ engine: { config } }: Caller, text: string): Value {
  const payload = Buffer.from(text, 'latin1')
  if (!isSound(payload)) throw new ErrorReply('ERR DUMP payload version or checksum are wrong')
  try {
    return deserialize(payload, valueLimits(config), Math.min(config.maxBulkBytes, LONGEST_STRING))
  } catch (error) {
    if (!(error instanceof BadPayload)) throw error
    throw new ErrorReply('ERR Bad data format')
  }
}
