import { keys } from '../catalog/key-spec.ts'
import { Stream, type TrimTo } from '../data/stream.ts'
import { formatId, MAX_ID } from '../data/stream-id.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply } from '../resp/value.ts'
import { integer } from './parse.ts'
import { exactId } from './stream-parse.ts'

/** How a stream is to be trimmed. */
export interface Trim {
  readonly to: TrimTo
  /** Removes only whole blocks (`~`). */
  readonly wholeBlocks: boolean
  /** The greatest number of entries to remove, 0 for any number. */
  readonly limit: number
  /** The position of the threshold in the command. */
  readonly thresholdAt: number
}

/** Options that XADD and XTRIM share, while they are read. */
export class TrimOptions {
  #to: TrimTo | undefined
  #thresholdAt = 0
  #wholeBlocks = false
  #limit: number | undefined

  /**
   * Reads an option.
   * @returns the position of the next option; `undefined` if this is not one
   */
  read(argv: readonly string[], at: number): number | undefined {
    const word = argv[at]!.toUpperCase()
    if (at + 1 >= argv.length) return undefined
    if (word === 'MAXLEN' || word === 'MINID') {
      if (this.#to !== undefined) {
        throw new ErrorReply('ERR syntax error, MAXLEN and MINID options at the same time are not compatible')
      }
      const hasMark = at + 2 < argv.length && (argv[at + 1] === '~' || argv[at + 1] === '=')
      this.#wholeBlocks = hasMark && argv[at + 1] === '~'
      this.#thresholdAt = hasMark ? at + 2 : at + 1
      const threshold = argv[this.#thresholdAt]!
      this.#to = word === 'MAXLEN' ? { maxLength: maxLength(threshold) } : { minId: exactId(threshold) }
      return this.#thresholdAt + 1
    }
    if (word !== 'LIMIT') return undefined
    this.#limit = integer(argv[at + 1]!)
    if (this.#limit < 0) throw new ErrorReply('ERR The LIMIT argument must be >= 0.')
    return at + 2
  }

  /**
   * The requested trimming; `undefined` if there is none.
   * @param required - whether the command must contain one
   */
  finish({ engine, transport }: Caller, required: boolean): Trim | undefined {
    const [to, limit, wholeBlocks, thresholdAt] = [this.#to, this.#limit, this.#wholeBlocks, this.#thresholdAt]
    if (to === undefined && limit !== undefined && limit !== 0) {
      throw new ErrorReply('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy')
    }
    if (to === undefined && required) {
      throw new ErrorReply('ERR syntax error, XTRIM must be called with a trimming strategy')
    }
    // In an append-only file such a command has a limit, and `=` instead of `~`.
    if (limit !== undefined && !wholeBlocks && transport !== undefined) {
      throw new ErrorReply('ERR syntax error, LIMIT cannot be used without the special ~ option')
    }
    if (to === undefined) return undefined
    if (!wholeBlocks) return { to, wholeBlocks, limit: 0, thresholdAt }
    // Without a limit of its own, a command must not block all other clients for long.
    const most = Math.min(100 * engine.config.streamBlock.entries || 10_000, 1_000_000)
    return { to, wholeBlocks, limit: limit ?? most, thresholdAt }
  }
}

function maxLength(text: string): number {
  const length = integer(text)
  if (length < 0) throw new ErrorReply('ERR The MAXLEN argument must be >= 0.')
  return length
}

/**
 * A command that trims another copy of the stream to the same entries, whatever its blocks are.
 * @param argv - the command as it came; it is modified
 */
export function makeExact(argv: string[], stream: Stream, { to, wholeBlocks, thresholdAt }: Trim): string[] {
  if (!wholeBlocks) return argv
  argv[thresholdAt - 1] = '='
  argv[thresholdAt] = 'maxLength' in to ? `${stream.length}` : formatId(stream.blocks[0]?.firstId ?? MAX_ID)
  return argv
}

/** @see https://redis.io/docs/latest/commands/xtrim/ */
export const xtrim: Command<[key: string, strategy: string, threshold: string, ...options: string[]]> = {
  name: 'xtrim',
  arity: -4,
  group: 'stream',
  since: '5.0.0',
  summary: "Trims the stream to (approximately if '~' is passed) a certain size",
  complexity:
    'O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.',
  flags: ['write'],
  tips: ['nondeterministic_output'],
  keys: [keys('RW delete')],
  run(client, argv) {
    const { db, engine } = client
    const [, key] = argv
    const options = new TrimOptions()
    for (let at = 2; at < argv.length; ) {
      const next = options.read(argv, at)
      if (next === undefined) throw SYNTAX_ERROR
      at = next
    }
    const trim = options.finish(client, true)!
    const stream = db.takeAs(key, Stream)
    if (stream === undefined) return 0
    const removed = stream.trim(trim.to, trim.wholeBlocks, trim.limit)
    if (removed === 0) return 0
    db.changed(key, EVENT.stream, 'xtrim', removed)
    engine.propagation.rewrite(makeExact([...argv], stream, trim))
    return removed
  },
}
