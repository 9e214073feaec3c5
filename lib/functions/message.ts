import { ProtocolError } from '../errors.ts'
import type { Codec, RichText } from '../wire/codec.ts'
import { encodeFailure } from '../wire/failure.ts'
import { asObject } from '../wire/fields.ts'
import { checkBytes, type Limits, parseMessage } from '../wire/limits.ts'
import { foundMetadata, type Metadata, metadataText } from '../wire/metadata.ts'
import { encodeJson } from './json.ts'

/*
 * The messages of redis-rpc, as stored in the lists:
 *
 * request   {"id":"<uuid>","ts":"2026-11-01T12:00:00.123Z","kw":{"arg1":"value1"}}
 * success   {"ts":"2026-11-01T12:00:00.125Z","res":4}
 * failure   {"ts":"2026-11-01T12:00:00.125Z","err":"RangeError: not enough","err_traceback":"…"}
 *
 * A success has no `err`, not even null, because Go treats any `err` as a failure. The text of
 * `err` is never empty, because Python treats that as a success. This library adds `meta` to a
 * `res` that plain JSON cannot represent, and `metadata` to a `kw` if strings are sent along:
 * {"traceparent":"…"}. The originals read neither.
 */

/** A request, as read from the list. */
export interface FunctionRequest {
  readonly id: string
  readonly kw: Readonly<Record<string, unknown>>
  /** When it was made; undefined or any other value if the peer writes no time. */
  readonly ts: unknown
  /** False: run it without sending a result. */
  readonly wantsResult: boolean
  /** What travels along; empty where nothing does. */
  readonly metadata: Metadata
}

/** A result, as read from the list; its value is not revived yet. */
export type FunctionResult =
  | { readonly failed: false; readonly value: unknown; readonly meta: unknown }
  | { readonly failed: true; readonly err: string; readonly traceback: string | undefined }

const LONGEST_ID = 512

export function requestText(id: string, nowMs: number, kw: string, metadata?: Metadata): string {
  const text = `{"id":"${id}","ts":"${timestamp(nowMs)}","kw":${kw}`
  const more = metadataText(metadata)
  return more === undefined ? `${text}}` : `${text},"metadata":${more}}`
}

/**
 * Reads a request.
 * @throws MessageTooLargeError before anything is parsed
 * @throws ProtocolError when it is not a request
 */
export function readRequest(text: string, limits: Limits): FunctionRequest {
  const message = asObject(parseMessage(text, limits), 'the request')
  const id = asId(message.id)
  if (id === undefined) throw new ProtocolError('the request has no id that is a string or a whole number')
  // Go sends null if there are no arguments.
  const kw = asObject(message.kw ?? {}, 'kw')
  const { ts, no_response: isSilent, metadata } = message
  return { id, kw, ts, wantsResult: isSilent !== true, metadata: foundMetadata(metadata) }
}

/** Python and Go put the id first, so it can be found without parsing the rest. */
const ID_FIRST = /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.){1,3072}"|\d{1,16})\s*,/

/**
 * The id of a request that {@link readRequest} refused, so that the caller can be informed;
 * undefined if it cannot be read.
 */
export function findId(text: string, limits: Limits): string | undefined {
  try {
    return asId(asObject(parseMessage(text, limits), 'the request').id)
  } catch {
    const first = ID_FIRST.exec(text.slice(0, 4_096))
    return first === null ? undefined : asId(parsed(first[1] ?? ''))
  }
}

/**
 * Text of a success.
 * @throws SerializationError when the value cannot be encoded
 * @throws MessageTooLargeError
 */
export function successText(nowMs: number, value: unknown, codec: Codec): string {
  // Like Python's None: so common that it should not need a `meta`.
  const encoded = value === undefined ? 'null' : encodeJson(value, 'res', codec)
  const text = `{"ts":"${timestamp(nowMs)}","res":${withMeta(encoded)}}`
  checkBytes(text, codec.limits)
  return text
}

/**
 * Text of a failure. Never throws: if it is too long, the stack is dropped first, then the end of
 * the message.
 */
export function failureText(nowMs: number, thrown: unknown, codec: Codec, exposeStacks: boolean): string {
  const { exception } = encodeFailure(thrown, codec, { exposeStacks: false })
  const head = `{"ts":"${timestamp(nowMs)}","err":`
  const err = JSON.stringify(exception)
  const traceback = exposeStacks ? stackOf(thrown) : ''
  const texts = [`${head}${err}}`]
  if (traceback !== '') texts.unshift(`${head}${err},"err_traceback":${JSON.stringify(traceback)}}`)
  const fitting = texts.find((text) => Buffer.byteLength(text) <= codec.limits.maxMessageBytes)
  return fitting ?? `${head}${JSON.stringify(exception.slice(0, 200))}}`
}

/**
 * Reads a result.
 * @throws MessageTooLargeError before anything is parsed
 * @throws ProtocolError when it is not a result
 */
export function readResult(text: string, limits: Limits): FunctionResult {
  const { err, err_traceback: traceback, res, meta } = asObject(parseMessage(text, limits), 'the result')
  if (err === undefined || err === null || err === '') return { failed: false, value: res ?? null, meta }
  return {
    failed: true,
    err: typeof err === 'string' ? err : JSON.stringify(err),
    traceback: typeof traceback === 'string' && traceback !== '' ? traceback : undefined,
  }
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString()
}

function withMeta(encoded: string | RichText): string {
  return typeof encoded === 'string' ? encoded : `${encoded.json},"meta":${encoded.meta}`
}

function stackOf(thrown: unknown): string {
  try {
    const { stack } = thrown as { stack?: unknown }
    return typeof stack === 'string' ? stack : ''
  } catch {
    return '' // null, undefined, or a getter that throws
  }
}

/** Python accepts any id and writes it into the key as text. */
function asId(id: unknown): string | undefined {
  if (Number.isSafeInteger(id)) return String(id)
  return typeof id === 'string' && id !== '' && id.length <= LONGEST_ID ? id : undefined
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
