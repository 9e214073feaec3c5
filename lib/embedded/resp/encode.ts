import {
  ArrayHead,
  AttributedReply,
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  ErrorReply,
  MapReply,
  NoReply,
  NullArrayReply,
  OK,
  PairsReply,
  PushReply,
  type Reply,
  SetReply,
  Status,
  VerbatimReply,
} from './value.ts'

/** The version of the Redis protocol a client speaks. */
export type Protocol = 2 | 3

/**
 * Longer text is not joined to other text: joining saves system calls, which do not matter here.
 */
const JOIN_UP_TO = 16 * 1024

/**
 * A reply has become longer than the unread output that its client may have. The part written so
 * far is useless.
 */
export class OutputOverflow extends Error {
  override readonly name = 'OutputOverflow'
}

/**
 * Replies that wait to be sent to a client, as text of one character per byte. Short ones are
 * joined, so that the replies of one turn of the event loop are sent in one write.
 */
export class Output {
  /** The length beyond which no further element of a reply is added. */
  limit: number = Infinity
  #text = ''
  #chunks: string[] = []
  #length = 0

  /** The number of waiting bytes. */
  get length(): number {
    return this.#length
  }

  /** Adds bytes that are already encoded. */
  append(text: string): void {
    this.#length += text.length
    if (text.length > JOIN_UP_TO) {
      if (this.#text !== '') this.#chunks.push(this.#text)
      this.#chunks.push(text)
      this.#text = ''
      return
    }
    this.#text += text
    if (this.#text.length > JOIN_UP_TO) {
      this.#chunks.push(this.#text)
      this.#text = ''
    }
  }

  /** Removes and returns everything, in pieces for one gathered write. */
  take(): readonly string[] {
    const chunks = this.#chunks
    if (this.#text !== '') chunks.push(this.#text)
    this.#text = ''
    this.#chunks = []
    this.#length = 0
    return chunks
  }
}

const OK_TEXT = '+OK\r\n'

/**
 * Encodes a reply onto `output`. Elements are added one by one, so that a large array does not
 * become one string: V8 refuses strings over half a gigabyte.
 */
export function writeReply(output: Output, reply: Reply, protocol: Protocol): void {
  if (typeof reply === 'string') {
    if (reply.length > JOIN_UP_TO) {
      output.append(`$${reply.length}\r\n`)
      output.append(reply)
      output.append('\r\n')
    } else output.append(`$${reply.length}\r\n${reply}\r\n`)
  } else if (typeof reply === 'number' || typeof reply === 'bigint') output.append(`:${reply}\r\n`)
  else if (reply === OK) output.append(OK_TEXT)
  else if (reply === null) output.append(protocol === 2 ? '$-1\r\n' : '_\r\n')
  else if (Array.isArray(reply)) writeItems(output, '*', reply.length, reply, protocol)
  else writeRare(output, reply as object, protocol)
}

function writeRare(output: Output, reply: object, protocol: Protocol): void {
  if (reply instanceof Status) output.append(`+${reply.text}\r\n`)
  else if (reply instanceof ErrorReply) output.append(`-${oneLine(reply.text)}\r\n`)
  else if (reply instanceof DoubleReply) writeDouble(output, reply, protocol)
  else if (reply instanceof BooleanReply) {
    output.append(protocol === 2 ? `:${reply.value ? 1 : 0}\r\n` : `#${reply.value ? 't' : 'f'}\r\n`)
  } else if (reply instanceof MapReply) {
    const count = reply.flat.length
    if (protocol === 2) writeItems(output, '*', count, reply.flat, protocol)
    else writeItems(output, '%', count / 2, reply.flat, protocol)
  } else if (reply instanceof SetReply) {
    writeItems(output, protocol === 2 ? '*' : '~', reply.members.length, reply.members, protocol)
  } else if (reply instanceof PairsReply) writePairs(output, reply.flat, protocol)
  else if (reply instanceof PushReply) {
    writeItems(output, protocol === 2 ? '*' : '>', reply.items.length, reply.items, protocol)
  } else if (reply instanceof VerbatimReply) {
    if (protocol === 2) writeReply(output, reply.text, protocol)
    else {
      output.append(`=${reply.text.length + 4}\r\n${reply.format}:`)
      output.append(reply.text)
      output.append('\r\n')
    }
  } else if (reply instanceof BigNumberReply) {
    if (protocol === 2) writeReply(output, reply.text, protocol)
    else output.append(`(${reply.text}\r\n`)
  } else if (reply instanceof AttributedReply) {
    if (protocol === 3) writeItems(output, '|', reply.flat.length / 2, reply.flat, protocol)
    writeReply(output, reply.reply, protocol)
  } else if (reply instanceof ArrayHead) output.append(`*${reply.length}\r\n`)
  else if (reply instanceof NullArrayReply) output.append(protocol === 2 ? '*-1\r\n' : '_\r\n')
  else if (!(reply instanceof NoReply)) throw new TypeError('not a reply')
}

function writeItems(output: Output, mark: string, count: number, items: readonly Reply[], protocol: Protocol): void {
  output.append(`${mark}${count}\r\n`)
  for (const item of items) {
    // A short request can ask for the same long element ten million times.
    if (output.length > output.limit) throw new OutputOverflow()
    writeReply(output, item, protocol)
  }
}

function writePairs(output: Output, flat: readonly Reply[], protocol: Protocol): void {
  if (protocol === 2) {
    writeItems(output, '*', flat.length, flat, protocol)
    return
  }
  output.append(`*${flat.length / 2}\r\n`)
  for (let i = 0; i < flat.length; i += 2) writeItems(output, '*', 2, [flat[i]!, flat[i + 1]!], protocol)
}

function writeDouble(output: Output, { text }: DoubleReply, protocol: Protocol): void {
  output.append(protocol === 2 ? `$${text.length}\r\n${text}\r\n` : `,${text}\r\n`)
}

/** An error is one line: text from a client in it must not start another reply. */
function oneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text
}
