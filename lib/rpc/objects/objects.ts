import type { Outgoing } from '../../chain/outgoing.ts'
import { ClosedError, ProtocolError, ReferenceLostError } from '../../errors.ts'
import type { Link } from '../../link/link.ts'
import type { Clock } from '../../util/clock.ts'
import { setImmediate } from '../../util/timers.ts'
import type { Codec, RichText } from '../../wire/codec.ts'
import type { Destination, Handle, HandleKind, LentHandle, ObjectExchange } from '../../wire/handle.ts'
import type { Request } from '../../wire/message.ts'
import type { Reply } from '../../wire/reply.ts'
import { GOODBYE, RELEASE, WAIT } from '../../wire/reserved.ts'
import type { Calls } from '../calls/calls.ts'
import type { CallSettings, Method, SentCall } from '../calls/sent-call.ts'
import type { Notices } from '../fate/notices.ts'
import type { Asked } from '../serving/incoming.ts'
import type { StreamOptions } from '../streams/options.ts'
import { Borrowed, describe, type Loaner } from './borrowed.ts'
import { BorrowedCalls } from './borrowed-calls.ts'
import { borrowedFunction } from './borrowed-function.ts'
import { borrowedObject } from './borrowed-object.ts'
import { BorrowedSignals } from './borrowed-signals.ts'
import { type ReferenceClass, ReferenceClasses } from './by-reference.ts'
import { Lent } from './lent.ts'
import { LentForms, originalOf } from './lent-forms.ts'
import type { LentObject } from './lent-object.ts'
import { LentRequests } from './lent-requests.ts'
import { LentSignal } from './lent-signal.ts'
import { PartnerCalls } from './partner-calls.ts'
import { Partners } from './partners.ts'
import { readReturns, returnsArgs } from './returns.ts'
import { Streams } from './streams.ts'

export interface ObjectsOptions {
  readonly service: string
  /** This endpoint's list. */
  readonly own: string
  /** The end that has these limits, for errors: `the client of calc`. */
  readonly of: string
  readonly maxReferences: number
  /** Classes whose instances are passed by reference. */
  readonly references: readonly ReferenceClass[]
  /** The limits of its streams. */
  readonly streams: Required<StreamOptions>
  /** The options of calls through borrowed things. */
  readonly settings: CallSettings
  /** Whether a list belongs to an endpoint of the other side. */
  readonly isPartner: (list: string) => boolean
  /** The table of live endpoints of the other side. */
  readonly table: string
  readonly clock: Clock
  readonly onError: (error: Error) => void
  /** The first thing was lent or borrowed, or the last one returned. */
  readonly onUse: () => void
  /**
   * Whether a call through something borrowed may be made without awaiting it; its rejection must
   * then not count as unhandled.
   */
  readonly isQuiet: boolean
  /** The middleware around calls through borrowed things; undefined: none. */
  readonly outgoing: Outgoing | undefined
}

/** How an endpoint's {@link Objects} send and receive. */
export interface ObjectsParts {
  readonly link: Link
  readonly calls: Calls
  readonly codec: Codec
  readonly notices: Notices
  /** A question of the library begins, which is not a call of the user. */
  readonly onQuestion?: ((question: Promise<unknown>) => void) | undefined
}

/** What an endpoint has lent and borrowed, and its calls through borrowed things. */
export class Objects implements ObjectExchange {
  readonly #options: ObjectsOptions
  readonly #lent: Lent
  readonly #forms: LentForms
  readonly #borrowed: Borrowed
  readonly #through: BorrowedCalls
  readonly #signals: BorrowedSignals
  readonly #streams: Streams
  readonly #requests: LentRequests
  #calls: PartnerCalls | undefined
  #partners: Partners | undefined
  #notices: Notices | undefined
  #codec: Codec | undefined
  #wasUsed = false
  /** Whether the message being decoded is a request. */
  #readsRequest = false
  #isClosed = false

  constructor(options: ObjectsOptions) {
    const { maxReferences, of, own, isPartner, streams, service, clock, onError, settings } = options
    const { maxStreams } = streams
    this.#options = options
    this.#lent = new Lent({
      maxReferences,
      maxStreams,
      of,
      isServer: isPartner,
      onEnd: (thing) => {
        this.#forms.ended(thing)
        options.onUse()
      },
      onBorrowed: () => this.#used(),
    })
    this.#forms = new LentForms({
      service,
      own,
      lent: this.#lent,
      classes: new ReferenceClasses(options.references),
      codec: () => this.#started(this.#codec),
      makeStream: (value, form) => this.#streams.lend(value, form),
      onLent: () => this.#used(),
      onError,
    })
    this.#borrowed = new Borrowed({
      maxReferences,
      maxStreams,
      of,
      make: (loaner, handle) => this.#make(loaner, handle),
      giveBack: (at, loans, kept) => this.#giveBack(at, loans, kept),
      later: (run) => setImmediate(run),
    })
    this.#through = new BorrowedCalls({
      ...options,
      calls: () => this.#calls,
      pin: (loaner, call) => this.#borrowed.pin(loaner, call),
      onCall: () => this.#partners?.watch(),
    })
    this.#signals = new BorrowedSignals({
      wait: (loaner, settings) => this.#through.invoke(loaner, WAIT, [], settings),
      release: (loaner) => this.#borrowed.release(loaner),
      decode: (json, meta) => this.#codec?.decode(json, meta, 'reason'),
    })
    this.#streams = new Streams({
      ...streams,
      service,
      clock,
      onError,
      settings,
      codec: () => this.#started(this.#codec),
      call: (loaner, name, args, how) => this.#through.begin(loaner, name, args, how),
      forget: ({ at, id }) => {
        this.#borrowed.forget(at, [id], 'it has ended')
        options.onUse()
      },
      release: (loaner) => this.#borrowed.release(loaner),
      onOver: (stream) => this.#lent.endOf(stream),
    })
    this.#requests = new LentRequests({
      service,
      own,
      lent: this.#lent,
      decodeArgs: (request, codec) => this.decodeArgs(request, codec),
    })
  }

  /** Provides the parts for sending; they need a codec, which needs this object. */
  start({ link, calls, codec, notices, onQuestion }: ObjectsParts): void {
    const { service, clock, table } = this.#options
    this.#codec = codec
    this.#notices = notices
    this.#calls = new PartnerCalls({ service, calls, codec, link, clock, onQuestion })
    this.#partners = new Partners({
      table,
      link,
      clock,
      current: () => this.#current(),
      isUrgent: () => (this.#calls?.size ?? 0) > 0,
      onGone: (list, how) => this.#gone(list, how),
    })
  }

  /** How many things this endpoint is lending and borrowing. */
  get counts(): { readonly lent: number; readonly borrowed: number } {
    return { lent: this.#lent.size, borrowed: this.#borrowed.size }
  }

  /** Whether anything was ever lent or borrowed. */
  get wasUsed(): boolean {
    return this.#wasUsed
  }

  /** Whether anything is lent or borrowed, or is on its way home. */
  get isInUse(): boolean {
    return this.#lent.size > 0 || this.#borrowed.holdsLoans
  }

  lend(value: object, destination: Destination): LentHandle | undefined {
    if (this.#isClosed) return undefined
    const loaner = this.#borrowed.of(value)
    if (loaner !== undefined && this.#isHome(loaner, destination)) {
      if (loaner.lost !== undefined) throw loaner.lost
      const { kind, at, id } = loaner
      const loan = destination.isRequest ? this.#borrowed.sendHome(loaner) : undefined
      return { kind, handle: { at, id, loan: 0 }, loan }
    }
    return this.#forms.lend(value, destination)
  }

  /** The lent form of an object that is passed by reference; undefined: it is not. */
  reference(object: object): LentObject | undefined {
    return this.#forms.reference(object)
  }

  borrow(kind: HandleKind, handle: Handle, from: string | undefined): object {
    const { own, isPartner, of } = this.#options
    if (handle.at === own) {
      const thing = this.#lent.use(handle.id, from)
      if (thing?.kind !== kind) throw new ReferenceLostError(describe({ kind, at: own }), 'it was already released')
      return originalOf(thing.object)
    }
    if (!isPartner(handle.at)) throw new ProtocolError(`${of} borrows nothing from ${JSON.stringify(handle.at)}`)
    if (from !== undefined && handle.at !== from)
      throw new ProtocolError('a handle does not belong to the end that sent it')
    if (kind === 'AbortSignal' && 'aborted' in handle) return this.#signals.aborted(handle)
    // Nobody would give it back. What comes in a late reply goes to whoever asked, who ends it.
    if (this.#isClosed && this.#readsRequest) throw new ClosedError(`${of} is closed`)
    const made = this.#borrowed.borrow(kind, handle)
    this.#used()
    return made
  }

  together<T>(decode: () => T): T {
    return this.#borrowed.together(decode)
  }

  decline(handle: Handle, from: string | undefined): void {
    const { at, loan } = handle
    // The sender ends all loans of a refused request, since the reply does not say that any was
    // borrowed.
    if (this.#readsRequest || this.#isClosed || loan === 0) return
    if (this.#options.isPartner(at) && (from === undefined || from === at)) this.#borrowed.decline(handle)
  }

  /** Decodes the arguments of a request, and records what was borrowed from it. */
  decodeArgs(request: Request, codec: Codec): readonly unknown[] {
    const { args, meta } = request
    if (meta === undefined) return args
    return this.decodeWith(request, (from) => codec.decode(args, meta, 'args', from) as readonly unknown[])
  }

  /** The same with a custom decoder. @param decode gets the sender's list, if known */
  decodeWith<T>({ address }: Request, decode: (from: string | undefined) => T): T {
    const before = this.#borrowed.taken
    this.#readsRequest = true
    let decoded: T
    try {
      decoded = this.together(() => decode(address.list === '' ? undefined : address.list))
    } finally {
      this.#readsRequest = false
    }
    if (this.#borrowed.taken !== before) address.by = this.#options.own
    return decoded
  }

  /** Returns the loans of a message that is no longer read. */
  discard(reply: Reply): void {
    if (reply.failed || this.#isClosed) return
    try {
      this.together(() => {
        this.#codec?.decode(reply.value, reply.meta)
        throw DISCARDED
      })
    } catch {
      // The call has ended, so the error does not matter.
    }
  }

  /** Runs a request to something lent. @throws ReferenceLostError, MethodNotFoundError */
  run(request: Request, codec: Codec): unknown {
    return this.#requests.run(request, codec)
  }

  /** The call in a request to something lent. @throws ReferenceLostError, MethodNotFoundError */
  asked(request: Request, codec: Codec): Asked {
    return this.#requests.asked(request, codec)
  }

  /** Handles a notice from another endpoint. @returns whether it was one of these */
  hear(name: string, args: readonly unknown[]): boolean {
    const [list, ...loans] = args
    if (name !== RELEASE && name !== GOODBYE) return false
    if (typeof list !== 'string' || !this.#options.isPartner(list))
      throw new ProtocolError('the list is not that of an endpoint')
    if (name === GOODBYE) this.#gone(list, 'left')
    else {
      const { kept, returned } = readReturns(loans)
      this.#lent.keep(kept, list)
      this.#lent.release(returned, list)
    }
    return true
  }

  /** Connected again. */
  connected(): void {
    this.#calls?.hurry()
  }

  /** A call was not run, because it was pushed to another life of Redis. */
  again(call: SentCall): void {
    this.#calls?.hurry([call])
  }

  /** Resolves once no lent stream that counts is left, at the latest after `limitMs`. */
  streamsDrained(limitMs: number, counts: (stream: object) => boolean): Promise<void> {
    return this.#streams.drained(limitMs, counts)
  }

  /** Ends waits for signals, so that they no longer count as running. */
  endSignals(): void {
    this.#lent.end(({ object }) => object instanceof LentSignal)
  }

  /** Returns everything borrowed, ends everything lent, and informs the other ends. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const partners = new Set([...this.#lent.borrowers, ...this.#borrowed.owners])
    this.#streams.close(this.#options.of)
    this.#borrowed.close(`${this.#options.of} is closed`)
    this.#signals.close()
    this.#lent.end()
    for (const list of partners) this.#notices?.send(list, GOODBYE, [this.#options.own])
    this.#partners?.close()
    this.#calls?.close()
  }

  /** Calls a method of one endpoint, with encoded arguments. @throws ClosedError */
  send(list: string, method: Method, args: string | RichText, settings: CallSettings): Promise<unknown> {
    const call = this.#started(this.#calls).sendEncoded(list, method, args, settings)
    this.#partners?.watch()
    return call.answered
  }

  #isHome({ at }: Loaner, destination: Destination): boolean {
    if (destination.to !== '') return destination.to === at
    destination.home ??= at
    return destination.home === at
  }

  #make(loaner: Loaner, handle: Handle): object {
    const release = () => this.#borrowed.release(loaner)
    switch (loaner.kind) {
      case 'Function':
        return borrowedFunction(describe(loaner), (args) => this.#through.call(loaner, '', args), release)
      case 'Reference':
        return borrowedObject(describe(loaner), (name, args) => this.#through.call(loaner, name, args), release)
      case 'AbortSignal':
        return this.#signals.make(loaner)
      case 'Stream':
        return this.#streams.make(loaner, handle)
    }
  }

  /** @throws ClosedError */
  #started<T>(part: T | undefined): T {
    if (part === undefined) throw new ClosedError('not started')
    return part
  }

  #giveBack(at: string, returned: readonly number[], kept: readonly number[]): void {
    const { own } = this.#options
    for (const args of returnsArgs(own, { returned, kept })) this.#notices?.send(at, RELEASE, args)
    this.#options.onUse()
  }

  #used(): void {
    this.#wasUsed = true
    this.#options.onUse()
    this.#partners?.watch()
  }

  #current(): Set<string> {
    return new Set([...this.#lent.borrowers, ...this.#borrowed.owners, ...(this.#calls?.lists ?? [])])
  }

  #gone(list: string, how: 'left' | 'lost'): void {
    const reason = how === 'left' ? 'its owner was closed' : 'its owner died or is disconnected'
    this.#borrowed.lose(list, reason, how === 'left' ? new ClosedError(reason) : undefined)
    this.#signals.lose(list)
    this.#lent.dropBorrower(list)
    this.#calls?.lose(list, how)
    // An endpoint that was only paused still lends to this end, which has ended the loans.
    if (how === 'lost') this.#notices?.send(list, GOODBYE, [this.#options.own])
  }
}

/** Thrown so that nothing in the message stays borrowed. */
const DISCARDED = new Error('nobody waits for this reply')
