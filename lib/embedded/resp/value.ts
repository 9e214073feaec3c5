import { formatDouble } from '../text/numbers.ts'

/**
 * The reply of a command. Plain JavaScript values represent the common types; every other type has
 * a class.
 *
 * Throughout the embedded server, bytes are latin1 strings: one character per byte. They represent
 * any content exactly and can be used as map keys, and a batch of replies becomes one string that
 * the socket writes in one call.
 *
 * | value | RESP2 | RESP3 |
 * | --- | --- | --- |
 * | `string` | bulk string | bulk string |
 * | `number` (integral), `bigint` | integer | integer |
 * | `null` | null bulk string | null |
 * | array | array | array |
 */
export type Reply =
  | string
  | number
  | bigint
  | null
  | readonly Reply[]
  | Status
  | ErrorReply
  | DoubleReply
  | BooleanReply
  | MapReply
  | SetReply
  | PairsReply
  | PushReply
  | ArrayHead
  | VerbatimReply
  | BigNumberReply
  | AttributedReply
  | NullArrayReply
  | NoReply

/** A simple string, such as `+OK`. */
export class Status {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * An error reply; its text begins with the code in capitals, as in Redis. A command may return it
 * or throw it. It is not an `Error`: a hostile client can cause thousands a second, and a stack
 * trace for each would cost more than the command.
 */
export class ErrorReply {
  readonly text: string
  /**
   * Whether the statistics include it already: a script got it from a command, and then ended with
   * it.
   */
  readonly counted: boolean
  constructor(text: string, counted = false) {
    this.text = text
    this.counted = counted
  }
}

/** A floating point number: a bulk string in RESP2, a double in RESP3. */
export class DoubleReply {
  readonly value: number
  readonly #text: string | undefined

  /** @param text - the digits, if they are not the usual 17 of Redis */
  constructor(value: number, text?: string) {
    this.value = value
    this.#text = text
  }

  get text(): string {
    return this.#text ?? formatDouble(this.value)
  }
}

/** True or false: 1 or 0 in RESP2. */
export class BooleanReply {
  readonly value: boolean
  constructor(value: boolean) {
    this.value = value
  }
}

/** Alternating keys and values: a flat array in RESP2, a map in RESP3. */
export class MapReply {
  readonly flat: readonly Reply[]
  constructor(flat: readonly Reply[]) {
    this.flat = flat
  }
}

/** Distinct members: an array in RESP2, a set in RESP3. */
export class SetReply {
  readonly members: readonly Reply[]
  constructor(members: readonly Reply[]) {
    this.members = members
  }
}

/** A list of pairs: a flat array in RESP2, an array of arrays of two in RESP3. */
export class PairsReply {
  readonly flat: readonly Reply[]
  constructor(flat: readonly Reply[]) {
    this.flat = flat
  }
}

/**
 * A message that is not a reply, such as a published message: an array in RESP2, a push in RESP3.
 */
export class PushReply {
  readonly items: readonly Reply[]
  constructor(items: readonly Reply[]) {
    this.items = items
  }
}

/** The head of an array whose elements are sent one by one, when each is available. */
export class ArrayHead {
  readonly length: number
  constructor(length: number) {
    this.length = length
  }
}

/**
 * Text for people: a bulk string in RESP2, a verbatim string in RESP3. Its format has three
 * letters.
 */
export class VerbatimReply {
  readonly text: string
  readonly format: string
  constructor(text: string, format = 'txt') {
    this.text = text
    this.format = format
  }
}

/** An integer of any size, in digits: a bulk string in RESP2. Only scripts return it. */
export class BigNumberReply {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A reply with additional information in pairs, which RESP3 sends before it. */
export class AttributedReply {
  readonly flat: readonly Reply[]
  readonly reply: Reply
  constructor(flat: readonly Reply[], reply: Reply) {
    this.flat = flat
    this.reply = reply
  }
}

/** The null that RESP2 encodes as an array. */
export class NullArrayReply {
  readonly kind = 'null-array'
}

/** No reply now: the command has sent its own replies, or the client is blocked. */
export class NoReply {
  readonly kind = 'no-reply'
}

export const OK: Status = new Status('OK')
export const PONG: Status = new Status('PONG')
export const QUEUED: Status = new Status('QUEUED')
export const NULL_ARRAY: NullArrayReply = new NullArrayReply()
export const NO_REPLY: NoReply = new NoReply()
