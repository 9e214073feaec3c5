import { formatDouble } from '../text/numbers.ts'

/**
 * What a command can answer. Plain JavaScript values represent the common replies; each other one has a class.
 *
 * Bytes are latin1 strings throughout the embedded server: one character a byte. They are exact for any content,
 * they are map keys as they are, and a batch of replies becomes one string that the socket writes in one call.
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
 * An error reply; its text begins with the code in capitals, as Redis writes it.
 * A command may return it or throw it. It is not an `Error`: a hostile client makes thousands a second,
 * and a stack trace each would cost more than the command.
 */
export class ErrorReply {
  readonly text: string
  /** The statistics know of it: a script has met it before it ended with it. */
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

  /** @param text - its digits, where they are not the 17 that Redis shows of most */
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

/** Keys and values in turn: a flat array in RESP2, a map in RESP3. */
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

/** Pairs given one after the other: a flat array in RESP2, an array of arrays of two in RESP3. */
export class PairsReply {
  readonly flat: readonly Reply[]
  constructor(flat: readonly Reply[]) {
    this.flat = flat
  }
}

/** What a client did not ask for just now, such as a published message: an array in RESP2, a push in RESP3. */
export class PushReply {
  readonly items: readonly Reply[]
  constructor(items: readonly Reply[]) {
    this.items = items
  }
}

/** The head of an array whose elements are sent one by one, as each is there. */
export class ArrayHead {
  readonly length: number
  constructor(length: number) {
    this.length = length
  }
}

/** Text for people: a bulk string in RESP2, a verbatim string in RESP3. Its format has three letters. */
export class VerbatimReply {
  readonly text: string
  readonly format: string
  constructor(text: string, format = 'txt') {
    this.text = text
    this.format = format
  }
}

/** An integer of any size, in digits: a bulk string in RESP2. Only scripts answer with one. */
export class BigNumberReply {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A reply with facts about it, in pairs, that RESP3 puts before it. */
export class AttributedReply {
  readonly flat: readonly Reply[]
  readonly reply: Reply
  constructor(flat: readonly Reply[], reply: Reply) {
    this.flat = flat
    this.reply = reply
  }
}

/** The null that RESP2 writes as an array. */
export class NullArrayReply {
  readonly kind = 'null-array'
}

/** Nothing now: the command has answered by itself, or its client waits. */
export class NoReply {
  readonly kind = 'no-reply'
}

export const OK: Status = new Status('OK')
export const PONG: Status = new Status('PONG')
export const QUEUED: Status = new Status('QUEUED')
export const NULL_ARRAY: NullArrayReply = new NullArrayReply()
export const NO_REPLY: NoReply = new NoReply()
