/**
 * A function, object, signal or stream is sent as a handle: its owner's address, its number there,
 * and the number of this loan.
 */

import { ProtocolError } from '../errors.ts'
import { isRecord } from '../util/is-object.ts'

/** What a handle may represent, as named in its annotation `["custom", kind]`. */
export type HandleKind = 'Function' | 'Reference' | 'Stream' | 'AbortSignal'

const KINDS: ReadonlySet<string> = new Set<HandleKind>(['Function', 'Reference', 'Stream', 'AbortSignal'])

export function isHandleKind(name: string): name is HandleKind {
  return KINDS.has(name)
}

/** A handle in a message. Its kind determines further fields. */
export interface Handle {
  /** The list of the endpoint that owns it. */
  readonly at: string
  /** Its number there; never reused. */
  readonly id: number
  /**
   * Each time a thing is put into a message it gets a new number, so that returning a loan can be
   * repeated safely; 0: it returns to its owner.
   */
  readonly loan: number
  readonly [field: string]: unknown
}

/** A loan: a thing was put into a message. */
export interface Loan {
  /**
   * The call whose request contained it has ended.
   * @param by the endpoint that has borrowed it; undefined: unknown
   */
  settle(by: string | undefined): void
  /** The message was not sent, so it was not borrowed. */
  cancel(): void
}

/** The result of {@link ObjectExchange.lend}. */
export interface LentHandle {
  readonly kind: HandleKind
  readonly handle: Handle
  /** Undefined: nothing is lent. */
  readonly loan: Loan | undefined
}

/** The destination of a message, for its loans. */
export interface Destination {
  /** The endpoint's list; empty: any server of the service. */
  readonly to: string
  /**
   * Whether it is a request: the server that runs it becomes the borrower, and the reply says which
   * one that was. Otherwise the receiver borrows immediately.
   */
  readonly isRequest: boolean
  /** Set if the message contains an object of one server, to which it must then go. */
  home?: string | undefined
}

/** Lends things in outgoing messages, and borrows those in incoming ones. */
export interface ObjectExchange {
  /**
   * Returns the handle of a function, or of an object passed by reference; undefined for other
   * values.
   * @throws ReferenceLimitError
   */
  lend(value: object, destination: Destination): LentHandle | undefined
  /**
   * Returns the local object for a handle.
   * @param from the sender's list, if known.
   * @throws ProtocolError, ReferenceLostError
   */
  borrow(kind: HandleKind, handle: Handle, from: string | undefined): object
  /** Borrows everything that is decoded in the callback, or nothing if it throws. */
  together<T>(decode: () => T): T
  /** Declines a handle in a refused message, before it was borrowed. */
  decline(handle: Handle, from: string | undefined): void
}

/** The loans of one message. */
export class Lending {
  readonly loans: Loan[] = []
  readonly #exchange: ObjectExchange
  readonly #destination: Destination

  constructor(exchange: ObjectExchange, destination: Destination) {
    this.#exchange = exchange
    this.#destination = destination
  }

  /** The handle of a value that is lent; undefined: the value is copied or refused. */
  lend(value: object): LentHandle | undefined {
    const lent = this.#exchange.lend(value, this.#destination)
    if (lent?.loan !== undefined) this.loans.push(lent.loan)
    return lent
  }
}

/** @throws ProtocolError */
export function readHandle(json: unknown): Handle {
  if (!isRecord(json)) throw malformed()
  const { at, id, loan } = json as Partial<Record<keyof Handle, unknown>>
  if (typeof at !== 'string' || at.length > LONGEST_ADDRESS) throw malformed()
  if (!isNumber(id) || !isNumber(loan)) throw malformed()
  return json as Handle
}

const LONGEST_ADDRESS = 512

function isNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function malformed(): ProtocolError {
  return new ProtocolError('a handle is malformed')
}
