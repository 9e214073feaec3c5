import { ReferenceLimitError } from '../../errors.ts'
import type { Destination, HandleKind, Loan } from '../../wire/handle.ts'

/** Something that this endpoint has lent. */
export interface Thing {
  /** Its number; never reused. */
  readonly id: number
  readonly kind: HandleKind
  readonly object: object
}

export interface LentOptions {
  /** How many loans there may be at once: of streams, and of everything else. */
  readonly maxReferences: number
  readonly maxStreams: number
  /** The end that has this limit, for errors. */
  readonly of: string
  /** Whether a list belongs to an endpoint that a request to the service may reach. */
  readonly isServer: (list: string) => boolean
  /** Its last loan has ended. */
  readonly onEnd: (thing: Thing) => void
  /** An endpoint has borrowed something. */
  readonly onBorrowed: () => void
}

interface LentThing extends Thing {
  readonly loans: Set<ThingLoan>
}

/**
 * What an endpoint has lent, and to which endpoints. Each time a thing is put into a message it
 * gets a new loan; the receiver has the thing until it returns that loan. A loan in a request is
 * open as long as the call waits: any server that may run the call may use the thing, and the reply
 * says which one has borrowed it. A thing without loans is removed.
 */
export class Lent {
  readonly #options: LentOptions
  readonly #things = new Map<number, LentThing>()
  readonly #byObject = new WeakMap<object, LentThing>()
  readonly #loans = new Map<number, ThingLoan>()
  readonly #ofBorrower = new Map<string, Set<ThingLoan>>()
  #streams = 0
  #lastId = 0
  #lastLoan = 0

  constructor(options: LentOptions) {
    this.#options = options
  }

  /** How many loans there are. */
  get size(): number {
    return this.#loans.size
  }

  /** The endpoints that have borrowed something. */
  get borrowers(): Iterable<string> {
    return this.#ofBorrower.keys()
  }

  /**
   * Lends an object once more.
   * @param key the object that identifies it, if that is not the one that is used
   * @throws ReferenceLimitError
   */
  lend(kind: HandleKind, object: object, { to, isRequest }: Destination, key: object = object): Loaned {
    const { maxReferences, maxStreams, of } = this.#options
    if (kind === 'Stream') checkLimit('maxStreams', maxStreams, this.#streams, of)
    else checkLimit('maxReferences', maxReferences, this.#loans.size - this.#streams, of)
    let thing = this.#byObject.get(key)
    if (thing === undefined || !this.#things.has(thing.id)) {
      thing = { id: ++this.#lastId, kind, object, loans: new Set() }
      this.#things.set(thing.id, thing)
      this.#byObject.set(key, thing)
    }
    const loan = new ThingLoan(++this.#lastLoan, thing, to, this)
    thing.loans.add(loan)
    this.#loans.set(loan.number, loan)
    if (kind === 'Stream') this.#streams++
    if (!isRequest) loan.settle(to)
    return { thing, number: loan.number, loan }
  }

  /**
   * The thing with a number, if `from` may use it. Using an open loan means borrowing it.
   * @param from undefined: it comes back in a reply of some server
   */
  use(id: number, from: string | undefined): Thing | undefined {
    const thing = this.#things.get(id)
    if (thing === undefined || from === undefined) return thing
    for (const loan of thing.loans) if (loan.borrowers.has(from)) return thing
    for (const loan of thing.loans) {
      if (loan.isOpenTo(from) && loan.borrow(from)) return thing
    }
    return undefined
  }

  /** `from` has borrowed these, although no reply has said so yet. */
  keep(numbers: readonly number[], from: string): void {
    for (const number of numbers) {
      const loan = this.#loans.get(number)
      if (loan?.isOpenTo(from)) loan.borrow(from)
    }
  }

  /** `from` returns loans; loans that it has not borrowed are ignored. */
  release(numbers: readonly number[], from: string): void {
    for (const number of numbers) this.#loans.get(number)?.release(from)
  }

  /** Ends all loans to an endpoint that is gone. */
  dropBorrower(from: string): void {
    for (const loan of [...(this.#ofBorrower.get(from) ?? [])]) loan.release(from)
  }

  /** Ends all loans of these things. */
  end(isMeant: (thing: Thing) => boolean = () => true): void {
    for (const thing of [...this.#things.values()]) {
      if (isMeant(thing)) for (const loan of [...thing.loans]) loan.cancel()
    }
  }

  /** Ends all loans of one thing. */
  endOf(key: object): void {
    const thing = this.#byObject.get(key)
    if (thing !== undefined) for (const loan of [...thing.loans]) loan.cancel()
  }

  isServer(list: string): boolean {
    return this.#options.isServer(list)
  }

  borrowed(loan: ThingLoan, borrower: string): void {
    let loans = this.#ofBorrower.get(borrower)
    if (loans === undefined) {
      loans = new Set()
      this.#ofBorrower.set(borrower, loans)
    }
    loans.add(loan)
    this.#options.onBorrowed()
  }

  returned(loan: ThingLoan, borrower: string): void {
    const loans = this.#ofBorrower.get(borrower)
    loans?.delete(loan)
    if (loans?.size === 0) this.#ofBorrower.delete(borrower)
  }

  ended(loan: ThingLoan): void {
    const { thing } = loan
    this.#loans.delete(loan.number)
    if (thing.kind === 'Stream') this.#streams--
    thing.loans.delete(loan)
    if (thing.loans.size > 0 || !this.#things.delete(thing.id)) return
    this.#options.onEnd(thing)
  }
}

/** @throws ReferenceLimitError when the limit is reached */
export function checkLimit(limit: 'maxReferences' | 'maxStreams', maximum: number, count: number, of: string): void {
  if (count >= maximum) throw new ReferenceLimitError(limit, maximum, of)
}

/** A thing that has just been lent. */
export interface Loaned {
  readonly thing: Thing
  readonly number: number
  readonly loan: Loan
}

/**
 * One loan. It is *open* from the sending of a request until that is settled, and *over* once it is
 * not open and has no borrower; a loan in a reply is settled as it is sent.
 *
 * | | open | settled |
 * |---|---|---|
 * | used by one it is open to | that one has borrowed it, unless it gave it back | who has borrowed it may use it |
 * | settled `by` one | that one has borrowed it, unless it gave it back | nothing |
 * | settled by nobody | who used it has it | nothing |
 * | released by one, or one is lost | that one has given it back, for good | that one has it no more |
 * | cancelled | it is over | it is over |
 *
 * All of these may come twice, and in any order.
 */
class ThingLoan implements Loan {
  readonly number: number
  readonly thing: LentThing
  readonly borrowers: Set<string> = new Set()
  readonly #to: string
  readonly #lent: Lent
  /** Endpoints that returned it before their reply said that they had borrowed it. */
  #gaveBack: Set<string> | undefined
  #isOpen = true
  #isOver = false

  constructor(number: number, thing: LentThing, to: string, lent: Lent) {
    this.number = number
    this.thing = thing
    this.#to = to
    this.#lent = lent
  }

  isOpenTo(from: string): boolean {
    return this.#isOpen && (this.#to === '' ? this.#lent.isServer(from) : this.#to === from)
  }

  /** @returns whether `from` has it; not if it had already returned it */
  borrow(from: string): boolean {
    if (this.#gaveBack?.has(from)) return false
    if (this.borrowers.has(from)) return true
    this.borrowers.add(from)
    this.#lent.borrowed(this, from)
    return true
  }

  settle(by: string | undefined): void {
    if (this.#isOver || !this.#isOpen) return
    if (by !== undefined && this.isOpenTo(by)) this.borrow(by)
    this.#isOpen = false
    this.#endIfUnused()
  }

  release(from: string): void {
    if (!this.borrowers.delete(from)) {
      if (!this.isOpenTo(from)) return
      this.#gaveBack ??= new Set()
      if (this.#gaveBack.size < MOST_GIVERS) this.#gaveBack.add(from)
      return
    }
    this.#lent.returned(this, from)
    if (this.#isOpen) {
      this.#gaveBack ??= new Set()
      this.#gaveBack.add(from)
    }
    this.#endIfUnused()
  }

  /** Ends it for every endpoint that has it. */
  cancel(): void {
    this.#isOpen = false
    for (const borrower of [...this.borrowers]) {
      this.borrowers.delete(borrower)
      this.#lent.returned(this, borrower)
    }
    this.#endIfUnused()
  }

  #endIfUnused(): void {
    if (this.#isOver || this.#isOpen || this.borrowers.size > 0) return
    this.#isOver = true
    this.#lent.ended(this)
  }
}

/**
 * How many endpoints may claim to have returned an open loan; normally only servers that run its
 * call do.
 */
const MOST_GIVERS = 16
