/**
 * What stays where it is travels as a handle: its owner's address, its number there, and the number of this loan of it.
 */
import { ProtocolError } from '../errors.ts'

/** What a handle may stand for, as its annotation `["custom", kind]` names it. */
export type HandleKind = 'Function' | 'Reference' | 'Stream' | 'AbortSignal'

const KINDS: ReadonlySet<string> = new Set<HandleKind>(['Function', 'Reference', 'Stream', 'AbortSignal'])

export function isHandleKind(name: string): name is HandleKind {
  return KINDS.has(name)
}

/** A handle as it travels. Further fields belong to its kind. */
export interface Handle {
  /** The list of the endpoint that has it. */
  readonly at: string
  /** Its number there; never used for another thing. */
  readonly id: number
  /** Each time that a thing is put into a message it gets a fresh number, so that giving one back is safe to repeat; 0: it goes home. */
  readonly loan: number
  readonly [field: string]: unknown
}

/** One time that a thing was put into a message. */
export interface Loan {
  /**
   * The call whose request it was in is over.
   * @param by the endpoint that has borrowed it; undefined: none said so
   */
  settle(by: string | undefined): void
  /** The message was not sent: nobody has borrowed it. */
  cancel(): void
}

/** What {@link ObjectExchange.lend} gives. */
export interface LentHandle {
  readonly kind: HandleKind
  readonly handle: Handle
  /** Undefined: nothing is lent, and nothing need be kept until the message has arrived. */
  readonly loan: Loan | undefined
}

/** Where a message goes, as far as that matters to what is lent with it. */
export interface Destination {
  /** The endpoint's list; empty: any server of the service. */
  readonly to: string
  /** A request: whoever runs it borrows, and its reply says who that was. Otherwise it is borrowed as it is sent. */
  readonly isRequest: boolean
  /** Set when the message holds what belongs to one server: it must go there. */
  home?: string | undefined
}

/** Lends what a message to another endpoint holds, and borrows what one from there holds. */
export interface ObjectExchange {
  /** The handle of a function or an object that travels by reference; undefined: it is none. @throws ReferenceLimitError */
  lend(value: object, destination: Destination): LentHandle | undefined
  /** What a handle stands for here. @param from the sender's list, where it is known. @throws ProtocolError, ReferenceLostError */
  borrow(kind: HandleKind, handle: Handle, from: string | undefined): object
  /** Borrows all that is decoded meanwhile, or nothing if that throws. */
  together<T>(decode: () => T): T
  /** A handle that came with what is refused, before it was borrowed: nobody here will have it. */
  decline(handle: Handle, from: string | undefined): void
}

/** What one message lends. */
export class Lending {
  readonly loans: Loan[] = []
  readonly #exchange: ObjectExchange
  readonly #destination: Destination

  constructor(exchange: ObjectExchange, destination: Destination) {
    this.#exchange = exchange
    this.#destination = destination
  }

  /** The handle of what stays where it is; undefined: the value travels, or is refused. */
  lend(value: object): LentHandle | undefined {
    const lent = this.#exchange.lend(value, this.#destination)
    if (lent?.loan !== undefined) this.loans.push(lent.loan)
    return lent
  }
}

/** @throws ProtocolError */
export function readHandle(json: unknown): Handle {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed()
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
