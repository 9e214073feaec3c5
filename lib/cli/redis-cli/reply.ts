/** A decoded reply, of RESP2 or RESP3. Bytes are strings of one character each (latin1). */
export type RespReply =
  | {
      readonly kind: 'status' | 'error' | 'integer' | 'double' | 'big number' | 'string' | 'verbatim'
      readonly text: string
    }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'nil' }
  | { readonly kind: 'array' | 'set' | 'push' | 'map'; readonly items: readonly RespReply[] }

type Aggregate = { readonly kind: 'array' | 'set' | 'push' | 'map'; readonly items: RespReply[] }

/** What the server sends is not the Redis protocol. */
export class MalformedReplyError extends Error {
  override readonly name = 'ProtocolError'
}

/** Redis nests replies a few levels deep; one that goes deeper than this is not from Redis. */
const DEEPEST = 512

const LINES: Readonly<Record<string, 'status' | 'error' | 'integer' | 'double' | 'big number'>> = {
  '+': 'status',
  '-': 'error',
  ':': 'integer',
  ',': 'double',
  '(': 'big number',
}
const BULKS: Readonly<Record<string, 'string' | 'error' | 'verbatim'>> = { $: 'string', '!': 'error', '=': 'verbatim' }
const AGGREGATES: Readonly<Record<string, Aggregate['kind'] | 'attributes'>> = {
  '*': 'array',
  '~': 'set',
  '>': 'push',
  '%': 'map',
  '|': 'attributes',
}

/** An aggregate that is being read, and how many of its elements are missing. */
interface Open {
  /** `undefined` for attributes, which are not shown. */
  readonly into: RespReply[] | undefined
  readonly reply: Aggregate | undefined
  missing: number
}

/** Turns what a server sends into replies. */
export class ReplyDecoder {
  #text = ''
  #chunks: string[] = []
  #position = 0
  /** How long the text must be before it can contain the next element. */
  #needed = 0
  readonly #open: Open[] = []

  push(chunk: string): void {
    this.#chunks.push(chunk)
  }

  /**
   * The next whole reply; `undefined` until more is pushed.
   * @throws ProtocolError
   */
  next(): RespReply | undefined {
    if (!this.#join()) return undefined
    for (;;) {
      const reply = this.#element()
      if (reply === undefined) return undefined
      if (reply === 'opened') continue
      const whole = this.#place(reply)
      if (whole !== undefined) return whole
    }
  }

  #join(): boolean {
    const waiting = this.#chunks.reduce((sum, chunk) => sum + chunk.length, this.#text.length - this.#position)
    if (waiting < this.#needed) return false
    if (this.#chunks.length > 0) {
      this.#text = this.#text.slice(this.#position) + this.#chunks.join('')
      this.#position = 0
      this.#chunks = []
    }
    this.#needed = 0
    return true
  }

  /** Adds an element to its aggregate; returns the outermost element once that is complete. */
  #place(element: RespReply): RespReply | undefined {
    let reply: RespReply | undefined = element
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      if (reply !== undefined) {
        open.into?.push(reply)
        open.missing--
      }
      if (open.missing > 0) return undefined
      this.#open.pop()
      reply = open.reply
      // What follows attributes is the element they belong to.
      if (reply === undefined) return undefined
    }
    return reply
  }

  /** Reads one element, or the head of an aggregate. */
  #element(): RespReply | 'opened' | undefined {
    const end = this.#text.indexOf('\r\n', this.#position)
    if (end === -1) return undefined
    const mark = this.#text[this.#position] ?? ''
    const line = this.#text.slice(this.#position + 1, end)
    const bulk = BULKS[mark]
    if (bulk !== undefined) return this.#bulk(bulk, line, end + 2)
    this.#position = end + 2
    const kind = LINES[mark]
    if (kind !== undefined) return { kind, text: line }
    if (mark === '_') return { kind: 'nil' }
    if (mark === '#') return { kind: 'boolean', value: line === 't' }
    const aggregate = AGGREGATES[mark]
    if (aggregate === undefined) throw new MalformedReplyError(`got ${JSON.stringify(mark)} as reply type byte`)
    return this.#aggregate(aggregate, length(line))
  }

  #bulk(kind: 'string' | 'error' | 'verbatim', line: string, start: number): RespReply | undefined {
    const size = length(line)
    if (size === -1) {
      this.#position = start
      return { kind: 'nil' }
    }
    const end = start + size
    if (this.#text.length < end + 2) {
      this.#needed = end + 2 - this.#position
      return undefined
    }
    this.#position = end + 2
    // A verbatim string begins with its format: `txt:`.
    return { kind, text: this.#text.slice(kind === 'verbatim' ? start + 4 : start, end) }
  }

  #aggregate(kind: Aggregate['kind'] | 'attributes', count: number): RespReply | 'opened' {
    if (count === -1) return { kind: 'nil' }
    const elements = kind === 'map' || kind === 'attributes' ? count * 2 : count
    const reply: Aggregate | undefined = kind === 'attributes' ? undefined : { kind, items: [] }
    if (elements === 0) return reply ?? 'opened'
    if (this.#open.length >= DEEPEST) throw new MalformedReplyError('a reply is nested too deeply')
    this.#open.push({ into: reply?.items, reply, missing: elements })
    return 'opened'
  }
}

function length(line: string): number {
  const value = Number(line)
  if (line !== '' && Number.isInteger(value) && value >= -1) return value
  throw new MalformedReplyError(`bad length ${JSON.stringify(line)}`)
}
