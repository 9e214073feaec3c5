import { readFailure } from '../../link/redis-failure.ts'
import { keyPrefixOf, type RedisLife } from '../../link/source.ts'
import type { Subscriber } from '../../link/subscriber.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { Commands } from '../commands.ts'
import { keyspaceChannel } from '../keys.ts'
import type { WaitLimits } from '../options.ts'
import { Wait } from '../wait.ts'
import type { Layout } from './layout.ts'

export interface EntryWatchOptions {
  readonly commands: Commands
  readonly subscriber: Subscriber
  readonly clock: Clock
  readonly checkEveryMs: number
}

/**
 * Looks for something, and may do what it takes to have it.
 * @param again asks to be called once more after so many ms, whether or not there is a sign
 * @returns undefined when it is not there
 */
export type Look<R> = (layout: Layout, again: (afterMs: number) => void) => Promise<R | undefined>

/** Which entry is waited for. */
export interface Awaited {
  readonly field: string
  /** It and its cache in words. */
  readonly name: string
  /** Known once connected; the wait's time runs from its beginning. */
  readonly layout: Promise<Layout>
}

/**
 * Waits for changes of entries. What this library writes it hears of at once, on the entry's channel. What other software
 * writes it hears of from the server where that tells (`notify-keyspace-events`), and looks for every now and then where it does not.
 */
export class EntryWatch {
  readonly #options: EntryWatchOptions
  readonly #signs = new Set<() => void>()
  readonly #waits = new Set<{ fail(makeError: () => unknown): void }>()

  constructor(options: EntryWatchOptions) {
    this.#options = options
    // Those who wait look, and see that it cannot be reached.
    options.commands.connection.observe({ unavailable: () => this.#tellAll() })
  }

  /** Looks now and after every sign of a change until `look` finds something; undefined at the time-out. */
  async until<R>(entry: Awaited, look: Look<R>, limits: WaitLimits): Promise<R | undefined> {
    const { clock, commands } = this.#options
    const wait = new Wait<R>(
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

  async #search<R>({ field, layout }: Awaited, search: Search<R>): Promise<void> {
    await search.once()
    if (search.isStopped) return
    this.#signs.add(search.tell)
    await this.#listen(await layout, field, search)
    // Only now: what is written from here on is not missed.
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

  /** Where the server tells of writes to a key; undefined where it does not, or does not let us ask. */
  #keyspaceChannel(layout: Layout, home: string): Promise<string | undefined> {
    const work = { what: `ask for events of ${home}`, keys: {}, repeatable: true } as const
    return this.#options.commands.run(work, async (redis) => {
      // In a cluster each node tells of its own keys only, to those who listen there.
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

/** One look after the other, as signs come. */
class Search<R> {
  readonly #look: (again: (afterMs: number) => void) => Promise<R | undefined>
  readonly #wait: Wait<R>
  readonly #clock: Clock
  #stops: (() => void)[] = []
  #again: Timer | undefined
  #check: Timer | undefined
  #looking = false
  #told = false
  #stopped = false

  constructor(look: (again: (afterMs: number) => void) => Promise<R | undefined>, wait: Wait<R>, clock: Clock) {
    this.#look = look
    this.#wait = wait
    this.#clock = clock
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** Looks without a sign. */
  async once(): Promise<void> {
    this.#told = true
    await this.#run()
  }

  /** There is a sign. */
  readonly tell = (): void => {
    this.#told = true
    if (!this.#looking && !this.#stopped) void this.#run()
  }

  /** Looks every now and then without a sign. */
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
