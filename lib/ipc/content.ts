import { InvalidDataError } from '../errors.ts'
import { Codec } from '../wire/codec.ts'
import { checkBytes, type Limits, parseMessage } from '../wire/limits.ts'
import { foundMetadata, type Metadata, metadataText, NO_METADATA } from '../wire/metadata.ts'
import type { MessageOptions } from '../wire/options.ts'

/*
 * The texts of redis_ipc, and what is added to them here:
 *
 * task      {"uuid":"0b8e…","content":…}                after failed attempts: {"uuid":"0b8e…","content":…,"attempts":2}
 * entry     {"timestamp":1700000000000,"content":…}
 * event     fields of a stream's entry: content …
 *
 * `meta` stands beside `content` where plain JSON does not carry the value exactly, and `metadata` where something travels
 * along: {"traceparent":"…"}. A reader that knows neither reads the JSON. In an event they are fields of their own.
 */

/** Where a text stands, for the error that names it. */
export interface Place {
  readonly key: string
  /** A field, the id of a stream's entry; undefined: the text's own uuid is named if it can be read. */
  readonly id?: string
}

/** JSON texts of a content and, where it needs one, of its `meta`. */
export interface ContentText {
  readonly content: string
  readonly meta: string | undefined
}

/** A text's JSON object. */
export type Envelope = Readonly<Record<string, unknown>>

/** Writes contents as JSON and reads them back. */
export class Contents<T> {
  readonly #codec: Codec
  readonly #limits: Limits

  /** @param of whose contents they are, for errors: `the queue resize` */
  constructor(options: Required<MessageOptions>, of: string) {
    const { maxMessageBytes, maxDepth, classes, types } = options
    this.#limits = { maxMessageBytes, maxDepth, of }
    this.#codec = new Codec({ classes, types, limits: this.#limits })
  }

  /** @throws SerializationError, MessageTooLargeError */
  encode(content: T): ContentText {
    const encoded = this.#codec.encode(content, 'content')
    const text =
      typeof encoded === 'string'
        ? { content: encoded, meta: undefined }
        : { content: encoded.json, meta: encoded.meta }
    checkBytes(text.content, this.#limits)
    if (text.meta !== undefined) checkBytes(text.content + text.meta, this.#limits)
    return text
  }

  /**
   * An envelope's text: `head`, the content, and the end.
   * @param head up to the comma before `"content"`: `{"uuid":"…",`
   * @throws SerializationError, MessageTooLargeError
   */
  envelopeText(head: string, value: T, metadata?: Metadata): string {
    const { content, meta } = this.encode(value)
    const more = metadataText(metadata)
    const body = meta === undefined ? `${head}"content":${content}` : `${head}"content":${content},"meta":${meta}`
    const text = more === undefined ? `${body}}` : `${body},"metadata":${more}}`
    checkBytes(text, this.#limits)
    return text
  }

  /** @throws InvalidDataError when it is not a JSON object within the limits */
  readEnvelope(text: string, place: Place): Envelope {
    const value = this.#parse(text, place)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Envelope
    throw new InvalidDataError(place.key, place.id, 'it is not a JSON object')
  }

  /** @throws InvalidDataError when it has no content, or one that cannot be read */
  contentOf(envelope: Envelope, place: Place): T {
    if (!Object.hasOwn(envelope, 'content')) throw new InvalidDataError(place.key, place.id, 'it has no content')
    return this.#decode(envelope.content, Object.hasOwn(envelope, 'meta') ? envelope.meta : undefined, place)
  }

  /** What travels with an envelope's content. */
  metadataOf(envelope: Envelope): Metadata {
    return foundMetadata(envelope.metadata)
  }

  /** The same, of what has a text of its own. */
  decodeMetadata(text: string | undefined): Metadata {
    if (text === undefined) return NO_METADATA
    try {
      return foundMetadata(parseMessage(text, this.#limits))
    } catch {
      return NO_METADATA
    }
  }

  /** @throws InvalidDataError */
  decode({ content, meta }: ContentText, place: Place): T {
    const json = this.#parse(content, place)
    return this.#decode(json, meta === undefined ? undefined : this.#parse(meta, place), place)
  }

  #parse(text: string, { key, id }: Place): unknown {
    try {
      return parseMessage(text, this.#limits)
    } catch (error) {
      throw new InvalidDataError(key, id, (error as Error).message, { cause: error })
    }
  }

  #decode(json: unknown, meta: unknown, { key, id }: Place): T {
    try {
      return this.#codec.decode(json, meta, 'content') as T
    } catch (error) {
      throw new InvalidDataError(key, id, (error as Error).message, { cause: error })
    }
  }
}
