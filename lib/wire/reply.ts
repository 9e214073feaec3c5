import { ProtocolError } from '../errors.ts'
import type { Codec } from './codec.ts'
import { type EncodedFailure, encodeFailure } from './failure.ts'
import { asObject, checkVersion } from './fields.ts'
import { checkBytes, type Limits, parseMessage } from './limits.ts'
import type { ReplyAddress } from './message.ts'
import { StepFailure } from './step.ts'

/**
 * `return_value` of a method that returned nothing, the most common value that plain JSON cannot
 * represent.
 */
const VOID = '"return_value":null,"meta":{"values":["undefined"],"v":1}'

/** A value that is JSON text already. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Text of a reply with a value.
 * @throws SerializationError when the value cannot be encoded
 * @throws MessageTooLargeError, ReferenceLimitError
 */
export function replyText(address: ReplyAddress, value: unknown, codec: Codec): string {
  const { id, list } = address
  if (id === undefined) return checked(`{${classicValue(value, codec)}}`, codec)
  const head = replyHead(address)
  if (value === undefined) return `${head}${VOID}}`
  if (value instanceof JsonText) return checked(`${head}"return_value":${value.text}}`, codec)
  const encoded = codec.encode(value, 'return_value', { to: list, isRequest: false })
  if (typeof encoded === 'string') return checked(`${head}"return_value":${encoded}}`, codec)
  const text = `${head}"return_value":${encoded.json},"meta":${encoded.meta}}`
  if (encoded.loans === undefined) return checked(text, codec)
  try {
    return checked(text, codec)
  } catch (error) {
    for (const loan of encoded.loans) loan.cancel()
    throw error
  }
}

/** How a native reply begins. */
export function replyHead({ id, by }: ReplyAddress): string {
  return by === undefined ? `{"id":${id},` : `{"id":${id},"by":${JSON.stringify(by)},`
}

/**
 * A native reply without its {@link replyHead}, valid for any caller; its value therefore cannot
 * contain anything that is lent.
 * @throws SerializationError, MessageTooLargeError
 */
export function replyBody(value: unknown, codec: Codec): string {
  if (value === undefined) return `${VOID}}`
  return checked(`${classicValue(value, codec)}}`, codec)
}

function checked(text: string, codec: Codec): string {
  checkBytes(text, codec.limits)
  return text
}

/** A classic peer reads the JSON part; this library's classic client reads `meta` too. */
function classicValue(value: unknown, codec: Codec): string {
  if (value === undefined) return '"return_value":null'
  const encoded = codec.encode(value, 'return_value')
  return typeof encoded === 'string'
    ? `"return_value":${encoded}`
    : `"return_value":${encoded.json},"meta":${encoded.meta}`
}

/** Text of a reply with an error. Never throws: values that cannot be encoded are described. */
export function failureText(address: ReplyAddress, thrown: unknown, codec: Codec, exposeStacks: boolean): string {
  const failed = StepFailure.is(thrown) ? thrown : undefined
  const step = failed === undefined ? '' : `"step":${failed.step},`
  const cause = failed === undefined ? thrown : failed.thrown
  const failure: EncodedFailure = encodeFailure(cause, codec, { exposeStacks })
  const exception = `"exception":${JSON.stringify(failure.exception)}`
  if (address.id === undefined) return `{${exception}}`
  const meta = failure.meta === undefined ? '' : `,"meta":${failure.meta}`
  const by = address.by === undefined ? '' : `"by":${JSON.stringify(address.by)},`
  return `{"id":${address.id},${by}${step}${exception},"error":${failure.error}${meta}}`
}

/** Text of the reply to a request that may have been run already, before Redis lost its latest writes. */
export function againText(id: number, life: string): string {
  const exception =
    'NotRunError: Redis has changed since this request was sent; who still waits for it may send it again'
  return `{"id":${id},"exception":${JSON.stringify(exception)},"again":${JSON.stringify(life)}}`
}

/** A reply as read from the list; its values are not revived yet. */
export type Reply =
  | {
      readonly id: number | undefined
      readonly failed: false
      readonly value: unknown
      readonly meta: unknown
      readonly by: string | undefined
    }
  | {
      readonly id: number | undefined
      readonly failed: true
      /** The list of the server that has borrowed what the request lent. */
      readonly by: string | undefined
      readonly exception: string
      readonly error: unknown
      readonly meta: unknown
      readonly backtrace: unknown
      /**
       * The request was not run, because it may have run before; a caller that still waits may send
       * it again, to this life of Redis.
       */
      readonly again: string | undefined
      /** The step of a pipeline that failed. */
      readonly step: number | undefined
    }

/**
 * Reads a reply, native or classic. An `exception` that is null counts as none.
 * @throws MessageTooLargeError before anything is parsed
 * @throws ProtocolError when it is not a reply of this protocol
 */
export function readReply(text: string, limits: Limits): Reply {
  const message = asObject(parseMessage(text, limits), 'the reply')
  const { id, meta } = message
  if (id !== undefined && typeof id !== 'number') throw new ProtocolError('id is not a number')
  checkVersion(message)
  const by = typeof message.by === 'string' ? message.by : undefined
  const exception = message.exception ?? undefined
  if (exception !== undefined) {
    if (typeof exception !== 'string') throw new ProtocolError('exception is not a string')
    const { error, again, backtrace, step } = message
    return {
      id,
      failed: true,
      by,
      exception,
      error,
      meta,
      backtrace,
      again: typeof again === 'string' ? again : undefined,
      step: typeof step === 'number' ? step : undefined,
    }
  }
  const { return_value: value } = message
  if (value === undefined) throw new ProtocolError('neither return_value nor exception is there')
  return { id, failed: false, value, meta, by }
}

const ID_AT_START = /^\{"id":(\d{1,16}),/

/** The id of a reply that is too large to be parsed; undefined if it is not at the beginning. */
export function findReplyId(text: string): number | undefined {
  const start = ID_AT_START.exec(text.slice(0, 32))
  return start === null ? undefined : Number(start[1])
}
