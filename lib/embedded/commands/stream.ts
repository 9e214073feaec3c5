import { keys } from '../catalog/key-spec.ts'
import { Stream } from '../data/stream.ts'
import { formatId, MAX_ID, MAX_PART, msOf, type StreamId, streamId, type WrittenId } from '../data/stream-id.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { wrongArity } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply } from '../resp/value.ts'
import { exactId, writtenId } from './stream-parse.ts'
import { makeExact, type Trim, TrimOptions } from './stream-trim.ts'

/** @see https://redis.io/docs/latest/commands/xadd/ */
export const xadd: Command<[key: string, id: string, field: string, value: string, ...more: string[]]> = {
  name: 'xadd',
  arity: -5,
  group: 'stream',
  since: '5.0.0',
  summary: 'Appends a new entry to a stream',
  complexity: 'O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.',
  flags: ['write', 'denyoom', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RW update', { notes: 'UPDATE instead of INSERT because of the optional trimming feature' })],
  run(client, argv) {
    const { db, engine } = client
    const [, key] = argv
    const { create, trim, id: written, fieldsAt } = parseAdd(client, argv)
    let stream = db.takeAs(key, Stream)
    if (stream === undefined) {
      if (!create) return null
      stream = new Stream()
      db.add(key, stream)
    }
    const id = nextId(stream, written, engine.now)
    stream.append(id, argv.slice(fieldsAt), engine.config.streamBlock)
    const text = formatId(id)
    db.changed(key, EVENT.stream, 'xadd')
    if (trim !== undefined && stream.trim(trim.to, trim.wholeBlocks, trim.limit) > 0) {
      db.notify(EVENT.stream, 'xtrim', key)
    }
    const exact = trim === undefined ? [...argv] : makeExact([...argv], stream, trim)
    if (written === undefined || written.sequence === 'auto') exact[fieldsAt - 1] = text
    engine.propagation.rewrite(exact)
    return text
  },
}

interface Add {
  readonly create: boolean
  readonly trim: Trim | undefined
  /** `undefined` for `*`. */
  readonly id: WrittenId | undefined
  /** The position of the first field. */
  readonly fieldsAt: number
}

function parseAdd(client: Caller, argv: readonly string[]): Add {
  let create = true
  let id: WrittenId | undefined
  const options = new TrimOptions()
  let at = 2
  while (at < argv.length && argv[at] !== '*') {
    const next = options.read(argv, at)
    if (next !== undefined) at = next
    else if (argv[at]!.toUpperCase() === 'NOMKSTREAM') {
      create = false
      at++
    } else {
      id = writtenId(argv[at]!)
      break
    }
  }
  const trim = options.finish(client, false)
  const fieldsAt = at + 1
  const words = argv.length - fieldsAt
  if (words < 2 || words % 2 === 1) throw wrongArity('xadd')
  // Checked before a stream is created to which nothing could be added.
  if (id !== undefined && id.sequence !== 'auto' && id.ms === 0n && (id.sequence ?? 0n) === 0n) {
    throw new ErrorReply('ERR The ID specified in XADD must be greater than 0-0')
  }
  return { create, trim, id, fieldsAt }
}

/** The id for a new entry. */
function nextId({ lastId }: Stream, written: WrittenId | undefined, now: number): StreamId {
  if (lastId === MAX_ID) {
    throw new ErrorReply('ERR The stream has exhausted the last possible ID, unable to add more items')
  }
  if (written === undefined) {
    const fresh = BigInt(now) << 64n
    return fresh > lastId ? fresh : lastId + 1n
  }
  let { sequence = 0n } = written
  if (sequence === 'auto') {
    const last = lastId & MAX_PART
    const continues = written.ms === msOf(lastId)
    // Redis 7.0 gives this text or, after other errors, one about too large elements.
    if (continues && last === MAX_PART) throw NOT_LARGER
    sequence = continues ? last + 1n : 0n
  }
  const id = streamId(written.ms, sequence)
  if (id <= lastId) throw NOT_LARGER
  return id
}

const NOT_LARGER = new ErrorReply('ERR The ID specified in XADD is equal or smaller than the target stream top item')

/** @see https://redis.io/docs/latest/commands/xlen/ */
export const xlen: Command<[key: string]> = {
  name: 'xlen',
  arity: 2,
  group: 'stream',
  since: '5.0.0',
  summary: 'Return the number of entries in a stream',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => db.get(argv[1], Stream)?.length ?? 0,
}

/** @see https://redis.io/docs/latest/commands/xdel/ */
export const xdel: Command<[key: string, id: string, ...more: string[]]> = {
  name: 'xdel',
  arity: -3,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Removes the specified entries from the stream. Returns the number of items actually deleted, that may be different from the number of IDs passed in case certain IDs do not exist.',
  complexity: 'O(1) for each single item to delete in the stream, regardless of the stream size.',
  flags: ['write', 'fast'],
  keys: [keys('RW delete')],
  run({ db }, argv) {
    const [, key] = argv
    const stream = db.takeAs(key, Stream)
    if (stream === undefined) return 0
    // All ids are parsed before the first entry is deleted, so that an error changes nothing.
    const ids = argv.slice(2).map((text) => exactId(text))
    let removed = 0
    for (const id of ids) if (stream.delete(id)) removed++
    if (removed > 0) db.changed(key, EVENT.stream, 'xdel', removed)
    return removed
  },
}
