import { InvalidDataError } from '../errors.ts'
import { isRecord } from '../util/is-object.ts'
import { Codec } from '../wire/codec.ts'
import { checkBytes, type Limits, parseMessage } from '../wire/limits.ts'
import { foundMetadata, type Metadata, metadataText, NO_METADATA } from '../wire/metadata.ts'
import type { MessageOptions } from '../wire/options.ts'

/*
 * The text formats of redis_ipc, and the extensions of this library:
 *
 * task      {"uuid":"0b8e…","content":…}                after failed attempts: {"uuid":"0b8e…","content":…,"attempts":2}
 * entry     {"timestamp":1700000000000,"content":…}
 * event     fields of a stream's entry: content …
 *
 * `meta` is added if plain JSON cannot represent `content` exactly, and `metadata` if strings are
 * sent along: {"traceparent":"…"}. Readers that know neither can read the JSON. In an event they
 * are separate fields.
 */

/** The place of a text in Redis, for errors. */
export interface TextOrigin {
  readonly key: string
  /** A field, or the id of a stream entry; undefined: use the text's own uuid if it can be read. */
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

  /** @param of the owner of the contents, for errors: `the queue resize` */
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
  readEnvelope(text: string, place: TextOrigin): Envelope {
    const value = this.#parse(text, place)
    if (isRecord(value)) return value as Envelope
    throw new InvalidDataError(place.key, place.id, 'it is not a JSON object')
  }

  /** @throws InvalidDataError when it has no content, or invalid content */
  contentOf(envelope: Envelope, place: TextOrigin): T {
    if (!Object.hasOwn(envelope, 'content')) throw new InvalidDataError(place.key, place.id, 'it has no content')
    return this.#decode(envelope.content, Object.hasOwn(envelope, 'meta') ? envelope.meta : undefined, place)
  }

  metadataOf(envelope: Envelope): Metadata {
    return foundMetadata(envelope.metadata)
  }

  /** The same, from a separate text. */
  decodeMetadata(text: string | undefined): Metadata {
    if (text === undefined) return NO_METADATA
    try {
      return foundMetadata(parseMessage(text, this.#limits))
    } catch {
      return NO_METADATA
    }
  }

  /** @throws InvalidDataError */
  decode({ content, meta }: ContentText, place: TextOrigin): T {
    const json = this.#parse(content, place)
    return this.#decode(json, meta === undefined ? undefined : this.#parse(meta, place), place)
  }

  #parse(text: string, { key, id }: TextOrigin): unknown {
    try {
      return parseMessage(text, this.#limits)
    } catch (error) {
      throw new InvalidDataError(key, id, (error as Error).message, { cause: error })
    }
  }

  #decode(json: unknown, meta: unknown, { key, id }: TextOrigin): T {
    try {
      return this.#codec.decode(json, meta, 'content') as T
    } catch (error) {
      throw new InvalidDataError(key, id, (error as Error).message, { cause: error })
    }
  }
}
