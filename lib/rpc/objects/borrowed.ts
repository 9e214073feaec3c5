import { InvalidOptionError, ReferenceLostError } from '../../errors.ts'
import type { Handle, HandleKind, Loan } from '../../wire/handle.ts'
import { checkLimit } from './lent.ts'

/** Something that this endpoint has borrowed. */
export interface Loaner {
  readonly kind: HandleKind
  /** The list of the endpoint that owns it. */
  readonly at: string
  /** Its number there. */
  readonly id: number
  /** The number of the loan. */
  readonly loan: number
  /** Why it can no longer be used; undefined: it can. */
  readonly lost: ReferenceLostError | undefined
}

interface Entry extends Loaner {
  loan: number
  lost: ReferenceLostError | undefined
  proxy: WeakRef<object>
  /** Running calls through it, during which it must not be collected. */
  readonly pins: Set<object>
  /** Requests in flight that return it to its owner. */
  readonly trips: Set<object>
}

/** Loans that are returned to one endpoint with the next message. */
interface DueReturns {
  readonly loans: number[]
  /** Loans of the same things that are kept, which their owner may not know yet. */
  readonly kept: Set<number>
}

export interface BorrowedOptions {
  /** How many things may be borrowed at once: streams, and everything else. */
  readonly maxReferences: number
  readonly maxStreams: number
  /** The end that has this limit, for errors. */
  readonly of: string
  /** Creates the local proxy of a thing. */
  readonly make: (loaner: Loaner, handle: Handle) => object
  /** Returns loans to an endpoint. @param kept loans of the same things that are kept */
  readonly giveBack: (at: string, loans: readonly number[], kept: readonly number[]) => void
  /** Runs a function after this turn. */
  readonly later: (run: () => void) => void
}

/**
 * What an endpoint has borrowed. The same thing borrowed again is the same proxy, as long as that
 * is alive. It is returned when it is released or garbage collected.
 */
export class Borrowed {
  readonly #options: BorrowedOptions
  readonly #entries = new Map<string, Entry>()
  /** What was released while a request takes it home, by loan: the loan is given back once that has ended. */
  readonly #leaving = new Map<string, Entry>()
  readonly #ofProxy = new WeakMap<object, Entry>()
  readonly #collected = new FinalizationRegistry<Entry>((entry) => {
    // It may have been borrowed again since, with a new proxy.
    if (entry.proxy.deref() === undefined) this.#drop(entry)
  })
  /** Loans to return with the next message to their owner. */
  #returns = new Map<string, DueReturns>()
  #isClosed = false
  #taken = 0
  /** Entries made for the message that is being decoded. */
  #made: Entry[] | undefined
  #streams = 0

  constructor(options: BorrowedOptions) {
    this.#options = options
  }

  /** How many things are borrowed. */
  get size(): number {
    return this.#entries.size
  }

  /** Whether it holds any loan, also of what was released while a request takes it home. */
  get holdsLoans(): boolean {
    return this.#entries.size > 0 || this.#leaving.size > 0
  }

  /** How often something was borrowed; used to see whether a message contained anything. */
  get taken(): number {
    return this.#taken
  }

  /** The endpoints from which things are borrowed. */
  get owners(): Set<string> {
    return new Set([...this.#entries.values(), ...this.#leaving.values()].map(({ at }) => at))
  }

  /** Returns the local proxy for a handle. @throws ReferenceLimitError */
  borrow(kind: HandleKind, handle: Handle): object {
    const { make } = this.#options
    const { at, id, loan } = handle
    this.#taken++
    const key = `${id} ${at}`
    const held = this.#entries.get(key)
    const proxy = held?.proxy.deref()
    // The same message again: the loan is given back only once the thing is home.
    const leaving = this.#leaving.get(`${loan} ${at}`)
    if (leaving !== undefined) return leaving.proxy.deref() as object
    if (held !== undefined && proxy !== undefined) {
      // One loan is enough.
      if (loan !== held.loan) this.#giveBack(at, loan, held.loan)
      return proxy
    }
    if (held !== undefined) this.#drop(held)
    try {
      this.#checkLimit(kind)
    } catch (error) {
      this.#giveBack(at, loan)
      throw error
    }
    const entry: Entry = {
      kind,
      at,
      id,
      loan,
      lost: undefined,
      proxy: NOTHING,
      pins: new Set(),
      trips: new Set(),
    }
    const made = make(entry, handle)
    proxies.set(made, () => this.release(entry))
    entry.proxy = new WeakRef(made)
    this.#entries.set(key, entry)
    this.#made?.push(entry)
    if (kind === 'Stream') this.#streams++
    this.#ofProxy.set(made, entry)
    this.#collected.register(made, entry)
    return made
  }

  /** Borrows everything in one message, or nothing if decoding throws. */
  together<T>(decode: () => T): T {
    const made: Entry[] = []
    const around = this.#made
    this.#made = made
    try {
      const decoded = decode()
      around?.push(...made)
      return decoded
    } catch (error) {
      for (const entry of made) this.release(entry)
      throw error
    } finally {
      this.#made = around
    }
  }

  /** Returns a loan of a refused message, unless it was borrowed from the same message before. */
  decline({ at, id, loan }: Handle): void {
    if (this.#entries.get(`${id} ${at}`)?.loan === loan || this.#leaving.has(`${loan} ${at}`)) return
    this.#giveBack(at, loan)
  }

  /** The entry of a proxy; undefined: the object is local. */
  of(proxy: object): Loaner | undefined {
    return this.#ofProxy.get(proxy)
  }

  /**
   * Keeps a proxy from being collected until `use` has settled: the waiting caller may have no
   * other reference to it.
   */
  pin(loaner: Loaner, use: Promise<unknown>): void {
    const entry = loaner as Entry
    const proxy = entry.proxy.deref()
    if (proxy === undefined) return
    const pin = { proxy }
    entry.pins.add(pin)
    const unpin = (): void => {
      entry.pins.delete(pin)
    }
    use.then(unpin, unpin)
  }

  /**
   * Returns it to its owner in a request. It is not released before that ends, because the release
   * could overtake the request.
   */
  sendHome(loaner: Loaner): Loan {
    const entry = loaner as Entry
    const trip = { proxy: entry.proxy.deref() }
    entry.trips.add(trip)
    const over = (): void => {
      if (!entry.trips.delete(trip) || entry.trips.size > 0) return
      if (this.#leaving.delete(`${entry.loan} ${entry.at}`)) this.#giveBack(entry.at, entry.loan)
    }
    return { settle: over, cancel: over }
  }

  /** Releases a thing; later uses are refused. */
  release(loaner: Loaner): void {
    const entry = loaner as Entry
    entry.lost ??= new ReferenceLostError(describe(entry), 'it was released here')
    this.#drop(entry)
  }

  /** An endpoint is gone, with everything borrowed from it. */
  lose(at: string, reason: string, cause?: unknown): void {
    for (const [key, entry] of [...this.#entries]) {
      if (entry.at !== at) continue
      entry.lost ??= new ReferenceLostError(describe(entry), reason, cause === undefined ? {} : { cause })
      this.#remove(key, entry)
    }
    for (const [key, entry] of [...this.#leaving]) if (entry.at === at) this.#leaving.delete(key)
    this.#returns.delete(at)
  }

  /** Things of an endpoint are gone. */
  forget(at: string, ids: readonly number[], reason: string): void {
    for (const id of ids) {
      const key = `${id} ${at}`
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      entry.lost ??= new ReferenceLostError(describe(entry), reason)
      this.#remove(key, entry)
    }
  }

  /** Releases everything. */
  close(reason: string): void {
    for (const entry of [...this.#entries.values()]) {
      entry.lost ??= new ReferenceLostError(describe(entry), reason)
      this.#drop(entry)
    }
    this.#flush()
    this.#isClosed = true
  }

  #drop(entry: Entry): void {
    const key = `${entry.id} ${entry.at}`
    if (this.#entries.get(key) !== entry) return
    this.#remove(key, entry)
    if (entry.trips.size === 0) this.#giveBack(entry.at, entry.loan)
    else this.#leaving.set(`${entry.loan} ${entry.at}`, entry)
  }

  #remove(key: string, { kind }: Entry): void {
    this.#entries.delete(key)
    if (kind === 'Stream') this.#streams--
  }

  /** @throws ReferenceLimitError */
  #checkLimit(kind: HandleKind): void {
    const { maxReferences, maxStreams, of } = this.#options
    if (kind === 'Stream') checkLimit('maxStreams', maxStreams, this.#streams, of)
    else checkLimit('maxReferences', maxReferences, this.#entries.size - this.#streams, of)
  }

  /** @param kept the loan of the same thing that is kept */
  #giveBack(at: string, loan: number, kept?: number): void {
    if (this.#isClosed) return
    let returns = this.#returns.get(at)
    if (returns === undefined) {
      if (this.#returns.size === 0) this.#options.later(() => this.#flush())
      returns = { loans: [], kept: new Set() }
      this.#returns.set(at, returns)
    }
    returns.loans.push(loan)
    if (kept !== undefined) returns.kept.add(kept)
  }

  #flush(): void {
    const returns = this.#returns
    this.#returns = new Map()
    for (const [at, { loans, kept }] of returns) this.#options.giveBack(at, loans, [...kept])
  }
}

const proxies = new WeakMap<object, () => void>()

/** Whether an object is a proxy of something remote, borrowed by any endpoint of this process. */
export function isBorrowed(object: object): boolean {
  return proxies.has(object)
}

/**
 * Releases a borrowed function or object without waiting for the garbage collector, so that its
 * owner can free it. Later uses are rejected with a `ReferenceLostError`. A second call does
 * nothing.
 *
 * @param borrowed a function or an object that came from another process
 * @throws InvalidOptionError when it was not borrowed
 */
export function release(borrowed: object): void {
  const giveBack = proxies.get(borrowed)
  if (giveBack === undefined)
    throw new InvalidOptionError('borrowed', 'what was borrowed from another process', borrowed)
  giveBack()
}

/** Placeholder in an entry whose proxy is not created yet. */
const NOTHING = new WeakRef<object>({})

/** Describes a borrowed thing, for error messages. */
export function describe({ kind, at }: Pick<Loaner, 'kind' | 'at'>): string {
  const what = { Function: 'a function', Reference: 'an object', Stream: 'a stream', AbortSignal: 'a signal' }[kind]
  return `${what} of ${at}`
}
