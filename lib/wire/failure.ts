/**
 * Converts a thrown value to the parts of a failure reply and back.
 *
 * An error becomes its record (see `error-record.ts`); anything else that was thrown becomes
 * `{ "thrown": value }`.
 */
import { isRpcError } from '../errors.ts'
import type { Codec } from './codec.ts'
import { errorTexts, isError, tellingName } from './error-record.ts'
import { errorFromText, exceptionText, nonErrorText } from './exception-text.ts'
import { encodeRich, type RichOptions, type RichText } from './rich.ts'
import { joinStack } from './stack.ts'
import { NO_TYPES } from './value-types.ts'

/** The parts of a failure reply. */
export interface EncodedFailure {
  /** For classic peers and people: `TypeError: message`; never empty. */
  readonly exception: string
  /** JSON text. */
  readonly error: string
  /** JSON text; undefined when `error` needs none. */
  readonly meta?: string
}

/** The annotation of every error record; omitted if a message has no other annotations. */
const BARE_META = '{"values":[["custom","Error"]],"v":1}'
const BARE: unknown = JSON.parse(BARE_META)

/**
 * Encodes a thrown value. Never throws: properties of an error that cannot be encoded are left out
 * and listed; any other value that cannot be encoded is replaced by the error that says so.
 */
export function encodeFailure(
  thrown: unknown,
  codec: Codec,
  options: { readonly exposeStacks: boolean },
): EncodedFailure {
  const { classes, types, limits } = codec
  const rich = { classes, types, limits, exposeStacks: options.exposeStacks, lenientErrors: true }
  try {
    if (isError(thrown)) return encodeAnyError(thrown, rich)
    return failure(nonErrorText(thrown), encodeRich({ thrown }, '', rich))
  } catch (problem) {
    return isRpcError(problem) ? encodeError(problem, rich) : record('Error', 'what was thrown could not be read')
  }
}

/**
 * An error that is of a type which the user described is a value; if that cannot be sent, it is an
 * error like others.
 */
function encodeAnyError(error: Error, rich: RichOptions): EncodedFailure {
  try {
    if (rich.types.of(error) === undefined) return encodeError(error, rich)
    const { name, message, type } = errorTexts(error, rich.classes)
    const encoded = failure(
      exceptionText(tellingName(name, type), message),
      encodeRich({ thrown: error }, '', { ...rich, lenientErrors: false }),
    )
    if (bytesOf(encoded) <= rich.limits.maxMessageBytes) return encoded
  } catch {
    // A function of the type threw.
  }
  return encodeError(error, { ...rich, types: NO_TYPES })
}

function encodeError(error: Error, rich: RichOptions): EncodedFailure {
  const { name, message, type } = errorTexts(error, rich.classes)
  const exception = exceptionText(tellingName(name, type), message)
  // Its stack is the first to go: the code and the fields are what a caller works with.
  for (const exposeStacks of new Set([rich.exposeStacks, false])) {
    try {
      const encoded = failure(exception, encodeRich(error, 'thrown', { ...rich, exposeStacks }))
      if (bytesOf(encoded) <= rich.limits.maxMessageBytes) return encoded
    } catch {
      // Too deep or too long, whatever is left out of it; or a proxy.
    }
  }
  return record(name, message, type, 'everything but the beginning, since the error was too large for a message')
}

function failure(exception: string, encoded: string | RichText): EncodedFailure {
  if (typeof encoded === 'string') return { exception, error: encoded }
  if (encoded.meta === BARE_META) return { exception, error: encoded.json }
  return { exception, error: encoded.json, meta: encoded.meta }
}

/** What the rest of a reply may take. */
const REPLY_BYTES = 256

/** At most as many as the reply will have. */
function bytesOf({ exception, error, meta = '' }: EncodedFailure): number {
  const exceptionBytes =
    exception.length * 6 < 4_096 ? exception.length * 6 : Buffer.byteLength(JSON.stringify(exception))
  return exceptionBytes + Buffer.byteLength(error) + Buffer.byteLength(meta) + REPLY_BYTES
}

/** Longest text in the record of an error that cannot be sent whole: all of them fit into a kilobyte. */
const LONGEST_TEXT = 100
/** The same for a text in which each character may take six bytes. */
const LONGEST_ESCAPED_TEXT = 16

/** The least that can be said of an error. */
function record(name: string, message: string, type?: string, omitted?: string): EncodedFailure {
  const short = { name: cut(name), message: cut(message), ...(type !== undefined && { type: cut(type) }) }
  return {
    exception: exceptionText(tellingName(short.name, short.type), short.message),
    error: JSON.stringify({ ...short, ...(omitted !== undefined && { omitted: [omitted] }) }),
  }
}

function cut(text: string): string {
  const isShortInBytes = Buffer.byteLength(JSON.stringify(text.slice(0, LONGEST_TEXT))) <= LONGEST_TEXT + 2
  const most = isShortInBytes ? LONGEST_TEXT : LONGEST_ESCAPED_TEXT
  return text.length > most ? `${text.slice(0, most)}…` : text
}

/** The parts of a failure reply, as they came in. */
export interface ReceivedFailure {
  readonly exception: string
  readonly error?: unknown
  readonly meta?: unknown
  /** Lines of the far stack, as Ruby's classic server sends them. */
  readonly backtrace?: unknown
  /** Which step of a pipeline threw it; its error has that as `pipelineStep`. */
  readonly step?: number | undefined
}

const fromAfar = new WeakSet<object>()

/**
 * Whether an error was thrown at the other end, rather than here. A remote method may make calls
 * itself: a remote `ERR_TIMEOUT` comes from one of those calls, and says nothing about this call.
 */
export function isRemote(error: unknown): boolean {
  return typeof error === 'object' && error !== null && fromAfar.has(error)
}

/**
 * Returns the value to throw for a failure reply. Never throws: if the error cannot be decoded, it
 * creates one from the exception's text, with the reason as its `cause`. The stack of the error
 * begins with the caller of this function.
 */
export function decodeFailure(reply: ReceivedFailure, codec: Codec): unknown {
  const { exception, error, meta, backtrace, step } = reply
  let problem: unknown
  if (error !== undefined) {
    try {
      if (typeof error === 'object' && error !== null && Object.hasOwn(error, 'thrown')) {
        const { thrown } = codec.decode(error, meta, '') as { readonly thrown: unknown }
        return isError(thrown) ? arrived(joinStack(thrown, decodeFailure), step) : thrown
      }
      const decoded = codec.decode(error, meta ?? BARE, 'thrown')
      if (isError(decoded)) return arrived(joinStack(decoded, decodeFailure), step)
    } catch (caught) {
      problem = caught
    }
  }
  const fromText = errorFromText(exception, backtrace)
  if (problem !== undefined) fromText.cause = problem
  return arrived(joinStack(fromText, decodeFailure), step)
}

function arrived(error: Error, step: number | undefined): Error {
  // An error of a type that the user described may be frozen.
  if (step !== undefined)
    Reflect.defineProperty(error, 'pipelineStep', { value: step, enumerable: true, writable: true, configurable: true })
  fromAfar.add(error)
  return error
}
