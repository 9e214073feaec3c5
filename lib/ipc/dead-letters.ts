import { InvalidOptionError } from '../errors.ts'
import { Script } from '../link/script.ts'
import { knownOptions, wholeNumber } from '../util/options.ts'
import type { CommandSpec, Commands, RedisType } from './commands.ts'
import { fieldOf } from './events/event.ts'

/** A task or event that could not be handled, and the reason. */
export interface DeadLetter {
  /**
   * Id of the letter; it begins with the time (ms since 1970) when it became a dead letter,
   * followed by `-`.
   */
  readonly id: string
  /** The reason, as text. */
  readonly reason: string
  /** How many attempts have failed. */
  readonly attempts: number
  /** The text as it was published, byte for byte if it is UTF-8: a task, or the JSON content of an event. */
  readonly text: string
  /** Id of the event; undefined for a task. */
  readonly eventId: string | undefined
}

/** Which dead letters to list. */
export interface ListDeadLettersOptions {
  /**
   * Only letters after this id, which is usually the last one of the previous page.
   * @defaultValue from the first
   */
  readonly after?: string
  /** The largest number of letters to return, 1 to 10000. @defaultValue 100 */
  readonly count?: number
}

/** How letters of one kind return to their queue or stream. */
export interface Replay {
  /**
   * KEYS: dead letters, then `keys`. ARGV: id, then `args`. Result: 1 it was replayed, 0 there is
   * none or it cannot be replayed.
   */
  readonly script: Script<0 | 1>
  readonly keys: readonly string[]
  readonly types: Readonly<Record<string, RedisType>>
  readonly args: readonly (string | number)[]
  /** Called when one was replayed. */
  readonly onReplayed?: () => void
}

/**
 * Removes a letter, and the stream if it was the last one.
 *
 * KEYS: dead letters. ARGV: id. Result: 1 if there was one, else 0.
 */
export const removeLetter: Script<0 | 1> = new Script(`
local removed = redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return removed
`)

/** The dead letters of a queue, or of a group of a stream: a Redis stream, oldest first. */
export class DeadLetters {
  /** The stream's key. */
  readonly key: string
  readonly #commands: Commands
  readonly #replay: Replay

  /** @internal made by readers */
  constructor(key: string, commands: Commands, replay: Replay) {
    this.key = key
    this.#commands = commands
    this.#replay = replay
  }

  /** How many there are. @see https://redis.io/docs/latest/commands/xlen/ */
  len(): Promise<number> {
    return this.#commands.run(this.#work('count'), (redis) => redis.xlen(this.key))
  }

  /** Lists the letters, oldest first, one page at a time. @throws InvalidOptionError */
  async list(options: ListDeadLettersOptions = {}): Promise<DeadLetter[]> {
    knownOptions(options, ['after', 'count'])
    const count = wholeNumber('count', options.count, 100, 1, 10_000)
    const from = options.after === undefined ? '-' : `(${checkId('after', options.after)}`
    const entries = await this.#commands.run(this.#work('list'), (redis) =>
      redis.xrange(this.key, from, '+', 'COUNT', count),
    )
    return entries.map(([id, fields]) => toLetter(id, fields))
  }

  /**
   * Replays a letter as it was published, with its attempts reset: a task goes to the end of the
   * queue, an event to its group.
   * @returns false if there is no letter with this id, it contains no task, or the event was
   * trimmed from its stream
   * @throws InvalidOptionError when it is not the id of a dead letter
   */
  async replay(id: string): Promise<boolean> {
    const { script, keys, types, args, onReplayed } = this.#replay
    // Not repeatable: if it was already replayed, a second run would find no letter and return
    // false.
    const work = { ...this.#work('replay'), keys: { [this.key]: 'stream', ...types }, repeatable: false } as const
    const names = [this.key, ...keys]
    const letter = checkId('id', id)
    const replayed = await this.#commands.run(work, (redis) => script.run(redis, names, [letter, ...args]))
    if (replayed === 1) onReplayed?.()
    return replayed === 1
  }

  /**
   * Replays all letters and returns how many were replayed. Letters that cannot be replayed stay.
   */
  async replayAll(): Promise<number> {
    let replayed = 0
    let after: string | undefined
    for (;;) {
      const page = await this.list(after === undefined ? {} : { after })
      if (page.length === 0) return replayed
      for (const { id } of page) if (await this.replay(id)) replayed++
      after = page.at(-1)?.id
    }
  }

  /**
   * Deletes a letter; returns false if there is none with this id.
   * @throws InvalidOptionError when it is not the id of a dead letter
   */
  async remove(id: string): Promise<boolean> {
    const letter = checkId('id', id)
    const removed = await this.#commands.run(this.#work('remove'), (redis) =>
      removeLetter.run(redis, [this.key], [letter]),
    )
    return removed === 1
  }

  /** Deletes all letters. */
  async clear(): Promise<void> {
    await this.#commands.run(this.#work('clear'), (redis) => redis.del(this.key))
  }

  #work(what: string): CommandSpec {
    return { what: `${what} dead letters of ${this.key}`, keys: { [this.key]: 'stream' }, repeatable: true }
  }
}

/** A partial id would find a letter without removing it. @throws InvalidOptionError */
function checkId(option: string, id: unknown): string {
  if (typeof id === 'string' && /^\d{1,20}-\d{1,20}$/.test(id)) return id
  throw new InvalidOptionError(option, 'the id of a dead letter', id)
}

function toLetter(id: string, fields: readonly string[]): DeadLetter {
  const read = (name: string) => fieldOf(fields, name)
  const eventId = read('event')
  return {
    id,
    reason: read('reason') ?? '',
    attempts: Number(read('attempts') ?? 0),
    text: read(eventId === undefined ? 'task' : 'content') ?? '',
    eventId,
  }
}
