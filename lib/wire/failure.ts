/**
 * What a method threw, to the text of a failure reply and back to something to throw.
 */
import { RemoteError, SerializationError } from '../errors.ts'
import type { Codec } from './codec.ts'
import { describeError, farName, isError } from './error-record.ts'
import { encodeRich, type RichText } from './rich.ts'

/** The parts of a failure reply. */
export interface EncodedFailure {
  /** For classic peers and people: `TypeError: message`; never empty. */
  readonly exception: string
  /** JSON text. */
  readonly error: string
  /** JSON text; undefined when `error` needs none. */
  readonly meta?: string
}

/** Annotations of an error that has nothing special in it; left out of the message. */
const BARE_META = '{"values":[["custom","Error"]],"v":1}'
const BARE: unknown = JSON.parse(BARE_META)

/** Longest texts taken into the record of an error that is too large to be carried whole. */
const SHORTENED = 2_000

/** Encodes whatever was thrown. Never throws; what cannot be carried of an error is left out and listed. */
export function encodeFailure(
  thrown: unknown,
  codec: Codec,
  options: { readonly exposeStacks: boolean },
): EncodedFailure {
  try {
    return encodeThrown(thrown, codec, options.exposeStacks)
  } catch (error) {
    const problem = error instanceof Error ? error : new SerializationError('thrown', 'could not be read')
    try {
      return encodeThrown(problem, codec, options.exposeStacks)
    } catch {
      const message = 'what was thrown could not be carried'
      return { exception: `Error: ${message}`, error: JSON.stringify({ name: 'Error', message }) }
    }
  }
}

function encodeThrown(thrown: unknown, codec: Codec, exposeStacks: boolean): EncodedFailure {
  const options = { classes: codec.classes, limits: codec.limits, exposeStacks, lenientErrors: true }
  if (typeof thrown === 'object' && thrown !== null && isError(thrown)) {
    const encoded = encodeRich(thrown, 'thrown', options)
    const { name, message, type } = describeError(thrown, false)
    const exception = exceptionText(farName(name, type), message)
    if (sizeOf(encoded) * 3 + exception.length * 3 > codec.limits.maxMessageBytes) return shortened(name, message, type)
    return failure(exception, encoded)
  }
  const encoded = encodeRich({ thrown }, '', options)
  return failure(exceptionText('NonError', preview(thrown)), encoded)
}

function failure(exception: string, encoded: string | RichText): EncodedFailure {
  if (typeof encoded === 'string') return { exception, error: encoded }
  return encoded.meta === BARE_META
    ? { exception, error: encoded.json }
    : { exception, error: encoded.json, meta: encoded.meta }
}

function shortened(name: string, message: string, type: string | undefined): EncodedFailure {
  const record = {
    name: name.slice(0, SHORTENED),
    message: message.slice(0, SHORTENED),
    ...(type !== undefined && { type: type.slice(0, SHORTENED) }),
    omitted: ['all but the beginning: the error was too large for a message'],
  }
  return { exception: exceptionText(record.name, record.message), error: JSON.stringify(record) }
}

function sizeOf(encoded: string | RichText): number {
  return typeof encoded === 'string' ? encoded.length : encoded.json.length + encoded.meta.length
}

function exceptionText(name: string, message: string): string {
  return message === '' ? name : `${name}: ${message}`
}

function preview(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHORTENED))
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** The parts of a failure reply, as they came in. */
export interface ReceivedFailure {
  readonly exception: string
  readonly error?: unknown
  readonly meta?: unknown
  /** Lines of the far stack, as Ruby's classic server sends them. */
  readonly backtrace?: unknown
}

/** What to throw for a failure reply. Never throws; what cannot be decoded becomes a RemoteError with the exception's text. */
export function decodeFailure(reply: ReceivedFailure, codec: Codec): unknown {
  if (reply.error === undefined) return joinStacks(classicError(reply))
  try {
    const { error, meta } = reply
    if (typeof error === 'object' && error !== null && Object.hasOwn(error, 'thrown')) {
      return (codec.decode(error, meta) as { thrown: unknown }).thrown
    }
    const decoded = codec.decode(error, meta === undefined ? BARE : meta)
    if (typeof decoded === 'object' && decoded !== null && isError(decoded)) return joinStacks(decoded)
    return joinStacks(classicError(reply))
  } catch (problem) {
    const error = classicError(reply)
    error.cause = problem
    return joinStacks(error)
  }
}

/** Below the local stack, which shows the call, the stack of the far end. */
function joinStacks(error: Error): Error {
  const far = typeof error.stack === 'string' ? error.stack : ''
  const local: { stack?: string } = {}
  Error.captureStackTrace(local, decodeFailure)
  const header = `${error.name}: ${error.message}`
  const frames = (stack: string): string => {
    const start = stack.search(/^\s+at /m)
    return start === -1 ? '' : stack.slice(start)
  }
  const farFrames = frames(far)
  const stack = [header, frames(local.stack ?? ''), farFrames && `    --- far side ---\n${farFrames}`]
    .filter(Boolean)
    .join('\n')
  Object.defineProperty(error, 'stack', { value: stack, enumerable: false, writable: true, configurable: true })
  return error
}

/** `AttributeError("…",)` of Python, `#<NoMethodError: …>` of Ruby, `Name: message` of anyone. */
const FORMS: readonly RegExp[] = [
  /^([A-Za-z_][\w.]*)\((?:(['"])([\s\S]*)\2)?,?\)$/,
  /^#<([A-Za-z_][\w:]*)()(?:: ([\s\S]*))?>$/,
  /^((?:[A-Za-z_][\w.:\\]*)?(?:Error|Exception|Interrupt|Exit|Iteration|Warning))()(?:: ([\s\S]*))?$/,
]

/** An error of a peer that sends text alone. The whole text stays in `exception`. */
function classicError({ exception, backtrace }: ReceivedFailure): RemoteError {
  let name: string | undefined
  let message = exception
  for (const form of FORMS) {
    const match = form.exec(exception)
    if (match === null) continue
    name = match[1]
    message = match[2] ? unescaped(match[3] ?? '') : (match[3] ?? '')
    break
  }
  const error = new RemoteError(message)
  if (name !== undefined) error.name = name
  Object.defineProperty(error, 'exception', { value: exception, enumerable: true, writable: true, configurable: true })
  const lines = Array.isArray(backtrace) ? backtrace.filter((line) => typeof line === 'string') : []
  const stack = `${error.name}: ${message}${lines.map((line) => `\n    at ${line}`).join('')}`
  Object.defineProperty(error, 'stack', { value: stack, enumerable: false, writable: true, configurable: true })
  return error
}

/** What Python's repr escapes in a string. */
function unescaped(literal: string): string {
  return literal.replace(/\\([\\'"nrt])/g, (_, char: string) => ({ n: '\n', r: '\r', t: '\t' })[char] ?? char)
}
