import { readFailure } from '../../link/redis-failure.ts'
import { keyPrefixOf, type RedisLife } from '../../link/source.ts'
import type { Subscriber } from '../../link/subscriber.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { Commands } from '../commands.ts'
import { keyspaceChannel } from '../keys.ts'
import type { WaitLimits } from '../options.ts'
import { ItemWait } from '../wait.ts'
import type { Layout } from './layout.ts'

export interface EntryWatchOptions {
  readonly commands: Commands
  readonly subscriber: Subscriber
  readonly clock: Clock
  readonly checkEveryMs: number
}

/**
 * Looks for something, and may do what is needed to get it.
 * @param again requests another call after this many ms, even without a notification
 * @returns undefined when it is not there
 */
export type Look<R> = (layout: Layout, again: (afterMs: number) => void) => Promise<R | undefined>

/** The entry to wait for. */
export interface AwaitedEntry {
  readonly field: string
  /** The names of the cache and the entry, for errors. */
  readonly name: string
  /** Known once connected. The time-out of the wait includes connecting. */
  readonly layout: Promise<Layout>
}

/**
 * Waits for changes of entries. Writes by this library are announced immediately, on the entry's
 * channel. Writes by other software are announced by the server if `notify-keyspace-events` is on;
 * otherwise this polls.
 */
export class EntryWatch {
  readonly #options: EntryWatchOptions
  readonly #signs = new Set<() => void>()
  readonly #waits = new Set<{ fail(makeError: () => unknown): void }>()

  constructor(options: EntryWatchOptions) {
    this.#options = options
    // Waiting callers look again and notice that Redis cannot be reached.
    options.commands.connection.observe({ unavailable: () => this.#tellAll() })
  }

  /**
   * Looks immediately and after every notification until `look` finds something; undefined at the
   * time-out.
   */
  async until<R>(entry: AwaitedEntry, look: Look<R>, limits: WaitLimits): Promise<R | undefined> {
    const { clock, commands } = this.#options
    const wait = new ItemWait<R>(
      limits,
      clock,
      () => commands.blindness(entry.name),
      () => search.stop(),
    )
    const lookThere = async (again: (afterMs: number) => void) => {
      const layout = await entry.layout
      return search.isStopped ? undefined : look(layout, again)
    }
    const search: Search<R> = new Search(lookThere, wait, clock)
    this.#waits.add(wait)
    try {
      void this.#search(entry, search).catch((error: unknown) => wait.fail(() => error))
      return await wait.result()
    } finally {
      this.#signs.delete(search.tell)
      this.#waits.delete(wait)
    }
  }

  /** Ends all waits. */
  close(makeError: () => Error): void {
    for (const wait of [...this.#waits]) wait.fail(makeError)
  }

  async #search<R>({ field, layout }: AwaitedEntry, search: Search<R>): Promise<void> {
    await search.once()
    if (search.isStopped) return
    this.#signs.add(search.tell)
    await this.#listen(await layout, field, search)
    // Not earlier: only from here on no write is missed.
    search.tell()
  }

  async #listen<R>(layout: Layout, field: string, search: Search<R>): Promise<void> {
    const { subscriber, checkEveryMs } = this.#options
    const { home, channel } = layout.keys(field)
    const listener = { onMessage: search.tell, onResumed: search.tell }
    const channels = [channel]
    const keyspace = await this.#keyspaceChannel(layout, home)
    if (keyspace !== undefined) channels.push(keyspace)
    let hearsOfAll = keyspace !== undefined
    for (const name of channels) {
      try {
        search.onStop(await subscriber.listen(name, listener))
      } catch (error) {
        if (readFailure(error) !== 'refused') throw error
        hearsOfAll = false // we may not listen
      }
    }
    if (!hearsOfAll) search.every(checkEveryMs)
  }

  /**
   * The channel on which the server announces writes to a key; undefined if it does not, or if
   * reading the configuration is not allowed.
   */
  #keyspaceChannel(layout: Layout, home: string): Promise<string | undefined> {
    const work = { what: `ask for events of ${home}`, keys: {}, repeatable: true } as const
    return this.#options.commands.run(work, async (redis) => {
      // In a Cluster each node announces only its own keys, to its own subscribers.
      if (redis.isCluster) return undefined
      try {
        const [, classes = ''] = (await redis.config('GET', 'notify-keyspace-events')) as string[]
        const tells = classes.includes('K') && (classes.includes('A') || classes.includes(layout.eventClass))
        return tells ? keyspaceChannel(databaseOf(redis), keyPrefixOf(redis) + home) : undefined
      } catch (error) {
        const failure = readFailure(error)
        if (failure !== 'refused' && failure !== 'unsupported') throw error
        return undefined
      }
    })
  }

  #tellAll(): void {
    for (const tell of this.#signs) tell()
  }
}

/** Runs one look at a time, triggered by notifications. */
class Search<R> {
  readonly #look: (again: (afterMs: number) => void) => Promise<R | undefined>
  readonly #wait: ItemWait<R>
  readonly #clock: Clock
  #stops: (() => void)[] = []
  #again: ClockTimer | undefined
  #check: ClockTimer | undefined
  #looking = false
  #told = false
  #stopped = false

  constructor(look: (again: (afterMs: number) => void) => Promise<R | undefined>, wait: ItemWait<R>, clock: Clock) {
    this.#look = look
    this.#wait = wait
    this.#clock = clock
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** Looks without a notification. */
  async once(): Promise<void> {
    this.#told = true
    await this.#run()
  }

  /** Handles a notification. */
  readonly tell = (): void => {
    this.#told = true
    if (!this.#looking && !this.#stopped) void this.#run()
  }

  /** Looks periodically, without notifications. */
  every(ms: number): void {
    if (this.#stopped) return
    this.#check = this.#clock.setTimer(() => {
      this.tell()
      this.every(ms)
    }, ms)
  }

  onStop(stop: () => void): void {
    if (this.#stopped) stop()
    else this.#stops.push(stop)
  }

  stop(): void {
    this.#stopped = true
    this.#clock.clearTimer(this.#again)
    this.#clock.clearTimer(this.#check)
    for (const stop of this.#stops.splice(0)) stop()
  }

  async #run(): Promise<void> {
    this.#looking = true
    while (this.#told && !this.#stopped) {
      this.#told = false
      this.#clock.clearTimer(this.#again)
      try {
        const found = await this.#look((afterMs) => {
          this.#again = this.#clock.setTimer(this.tell, afterMs)
        })
        if (found !== undefined) this.#wait.give(found)
      } catch (error) {
        this.#wait.fail(() => error)
      }
    }
    this.#looking = false
    if (this.#stopped) this.#clock.clearTimer(this.#again)
  }
}

function databaseOf(life: RedisLife): number {
  return (life as { readonly options: { readonly db?: number } }).options.db ?? 0
}
