import { keys } from '../catalog/key-spec.ts'
import type { Consumer, Delivery } from '../data/consumer-group.ts'
import type { Stream } from '../data/stream.ts'
import { formatId, MAX_ID, type StreamId } from '../data/stream-id.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { bigInteger, integer, integerWithin } from './parse.ts'
import { claimWrite, type GroupPlace, progressWrite, takeConsumer } from './stream-deliver.ts'
import { entryReply, exactId, findGroup, groupIn, intervalStart, parseExactId } from './stream-parse.ts'

/** @see https://redis.io/docs/latest/commands/xclaim/ */
export const xclaim: Command<
  [key: string, group: string, consumer: string, minIdle: string, id: string, ...more: string[]]
> = {
  name: 'xclaim',
  arity: -6,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the specified consumer.',
  complexity: 'O(log N) with N being the number of messages in the PEL of the consumer group.',
  flags: ['write', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RW update')],
  run(client, argv) {
    const { engine } = client
    const [, key, name, consumerName, minIdleText] = argv
    const { stream, group } = findGroup(client, key, name)
    const minIdleMs = minIdle(minIdleText, 'XCLAIM')
    // While a file is loaded the clock is frozen at 0, but the delivery times in the file are
    // valid.
    const { ids, options } = parseClaim(argv, engine.loading ? engine.clock.now() : engine.now)
    const claim = new Claim(client, stream, { key, name, group }, consumerName, options.justId)
    const moves = options.lastId > group.lastId
    if (moves) group.lastId = options.lastId
    for (const [i, id] of ids.entries()) {
      const text = argv[i + FIRST_ID]!
      const delivery = group.pending.get(id)
      if (!stream.has(id)) {
        if (delivery !== undefined) claim.drop(delivery, text)
        continue
      }
      if (delivery === undefined && !options.force) continue
      if (delivery !== undefined && minIdleMs > 0 && engine.now - delivery.deliveredAt < minIdleMs) continue
      const before = delivery?.count ?? 1n
      const count = options.retryCount >= 0n ? options.retryCount : options.justId ? before : before + 1n
      claim.take(id, options.deliveredAt, count, text)
    }
    if (moves && claim.writes.length === 0) claim.tellProgress()
    engine.propagation.rewriteAs(claim.writes)
    return claim.claimed
  },
}

/** The position of the first id. */
const FIRST_ID = 5

interface ClaimOptions {
  force: boolean
  justId: boolean
  deliveredAt: number
  /** Negative if the option is missing. */
  retryCount: bigint
  lastId: StreamId
}

/** Reads `id … [IDLE ms] [TIME ms] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]`. */
function parseClaim(argv: readonly string[], now: number): { ids: StreamId[]; options: ClaimOptions } {
  const ids: StreamId[] = []
  let at = FIRST_ID
  for (; at < argv.length; at++) {
    const id = parseExactId(argv[at]!)
    if (id === undefined) break
    ids.push(id)
  }
  const options: ClaimOptions = { force: false, justId: false, deliveredAt: -1, retryCount: -1n, lastId: 0n }
  for (; at < argv.length; at++) {
    const word = argv[at]!.toUpperCase()
    const problem = new ErrorReply(`ERR Invalid ${word} option argument for XCLAIM`)
    if (word === 'FORCE') options.force = true
    else if (word === 'JUSTID') options.justId = true
    else if (at + 1 >= argv.length) throw unrecognized(argv[at]!)
    else if (word === 'IDLE') options.deliveredAt = now - integer(argv[++at]!, problem)
    else if (word === 'TIME') options.deliveredAt = integer(argv[++at]!, problem)
    else if (word === 'RETRYCOUNT') options.retryCount = bigInteger(argv[++at]!, problem)
    else if (word === 'LASTID') options.lastId = exactId(argv[++at]!)
    else throw unrecognized(argv[at]!)
  }
  // A time in the future, perhaps from a clock that is ahead, is replaced by the current time.
  if (options.deliveredAt < 0 || options.deliveredAt > now) options.deliveredAt = now
  return { ids, options }
}

function unrecognized(option: string): ErrorReply {
  return new ErrorReply(`ERR Unrecognized XCLAIM option '${option}'`)
}

function minIdle(text: string, command: string): number {
  return integer(text, new ErrorReply(`ERR Invalid min-idle-time argument for ${command}`))
}

/** @see https://redis.io/docs/latest/commands/xautoclaim/ */
export const xautoclaim: Command<
  [key: string, group: string, consumer: string, minIdle: string, start: string, ...options: string[]]
> = {
  name: 'xautoclaim',
  arity: -6,
  group: 'stream',
  since: '6.2.0',
  summary:
    'Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the specified consumer.',
  complexity: 'O(1) if COUNT is small.',
  flags: ['write', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RW delete')],
  run(client, argv) {
    const { engine } = client
    const [, key, name, consumerName, minIdleText, startText] = argv
    const entry = client.db.find(key)
    const minIdleMs = minIdle(minIdleText, 'XAUTOCLAIM')
    const start = intervalStart(startText)
    const { count, justId } = parseAutoclaim(argv)
    const { stream, group } = groupIn(entry, key, name)
    if (count >= TOO_MANY) throw NO_MEMORY
    const claim = new Claim(client, stream, { key, name, group }, consumerName, justId)
    const dropped: string[] = []
    let next = group.pending.atOrAfter(start)
    // Entries that have not been idle for long enough also cost time, so only so many are checked.
    for (let tries = count * TRIES_PER_ENTRY; tries > 0 && next !== undefined; tries--) {
      if (claim.claimed.length + dropped.length >= count) break
      const { id, deliveredAt } = next
      if (!stream.has(id)) {
        claim.drop(next)
        dropped.push(formatId(id))
      } else if (minIdleMs <= 0 || engine.now - deliveredAt >= minIdleMs) {
        claim.take(id, engine.now, justId ? next.count : next.count + 1n)
      }
      next = id === MAX_ID ? undefined : group.pending.atOrAfter(id + 1n)
    }
    engine.propagation.rewriteAs(claim.writes)
    return [formatId(next?.id ?? 0n), claim.claimed, dropped]
  },
}

const TRIES_PER_ENTRY = 10
/** A larger count would overflow in Redis. */
const MAX_COUNT = (2 ** 63 - 1) / 16

/** Redis allocates memory for this many ids, which no machine has. */
const TOO_MANY = 2 ** 43
const NO_MEMORY = new ErrorReply('ERR Insufficient memory, failed allocating transient memory, COUNT too high.')

function parseAutoclaim(argv: readonly string[]): { readonly count: number; readonly justId: boolean } {
  let count = 100
  let justId = false
  for (let at = 6; at < argv.length; at++) {
    const word = argv[at]!.toUpperCase()
    if (word === 'COUNT' && at + 1 < argv.length) {
      count = integerWithin(argv[++at]!, 1, MAX_COUNT, 'COUNT must be > 0')
    } else if (word === 'JUSTID') justId = true
    else throw SYNTAX_ERROR
  }
  return { count, justId }
}

/** Gives pending entries to a consumer, and collects the reply and the commands to propagate. */
class Claim {
  readonly claimed: Reply[] = []
  readonly writes: string[][] = []
  readonly #client: Caller
  readonly #stream: Stream
  readonly #place: GroupPlace
  readonly #consumerName: string
  readonly #justId: boolean
  #consumer: Consumer | undefined

  constructor(client: Caller, stream: Stream, place: GroupPlace, consumerName: string, justId: boolean) {
    this.#client = client
    this.#stream = stream
    this.#place = place
    this.#consumerName = consumerName
    this.#justId = justId
  }

  /** Gives an existing entry to the consumer, which is created for the first entry. */
  take(id: StreamId, deliveredAt: number, count: bigint, idText?: string): void {
    this.#consumer ??= takeConsumer(this.#client, this.#place, this.#consumerName)
    const delivery = this.#place.group.assign(id, this.#consumer, deliveredAt, count)
    this.claimed.push(this.#justId ? formatId(id) : entryReply(this.#stream.range(id, id)[0]!))
    this.#pass(claimWrite(this.#place, delivery, idText))
  }

  /**
   * Removes the delivery of an entry that was deleted. Propagated as a claim, which has the same
   * effect.
   */
  drop(delivery: Delivery, idText?: string): void {
    this.#place.group.release(delivery.id)
    this.#pass(claimWrite(this.#place, delivery, idText))
  }

  tellProgress(): void {
    this.#pass(progressWrite(this.#place))
  }

  #pass(write: string[]): void {
    this.writes.push(write)
    this.#client.engine.dirty++
  }
}
