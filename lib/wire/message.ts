import { ProtocolError } from '../errors.ts'
import type { Codec, RichText } from './codec.ts'
import { type EncodedFailure, encodeFailure } from './failure.ts'
import { type Limits, parseMessage } from './limits.ts'

/*
 * The messages, as they stand on the lists. Version 1; a message may say so in `v`, and one of another version is refused.
 *
 * request   {"function_call":{"name":"add","args":[5]},"response_queue":"calc:rpc:V1StGXR8…","id":17,"deadline":1700000000000}
 * reply     {"id":17,"return_value":4}
 * failure   {"id":17,"exception":"TypeError: …","error":{…}}
 *
 * `meta` is there when plain JSON does not carry the value exactly; it is about `args`, `return_value` or `error`.
 * Without `id` all three are the classic RedisRPC messages:
 *
 * request   {"function_call":{"name":"add","args":[5],"kwargs":{"a":1}},"response_queue":"calc:rpc:X7Y2US9A"}
 * reply     {"return_value":4}
 * failure   {"exception":"TypeError: …"}
 */

const VERSION = 1
/** A name beginning so is the library's own, never a method of the served object. */
export const RESERVED_PREFIX = 'rpc.'
/** Answered by every server of ours with null. */
export const PING: string = `${RESERVED_PREFIX}ping`

/** A request as it came off the list; its values are not revived yet. */
export interface Request {
  readonly method: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>> | undefined
  readonly meta: unknown
  readonly address: ReplyAddress
  /** ms since 1970 on Redis's clock; undefined: none. */
  readonly deadline: number | undefined
}

/** Where a reply goes. Without `id` the caller is a classic one, and so is the reply. */
export interface ReplyAddress {
  readonly list: string
  readonly id: number | undefined
}

/** The fixed parts of one method's requests, made once. */
export function requestHead(method: string): string {
  return `{"function_call":{"name":${JSON.stringify(method)},"args":`
}

/** The fixed part of one client's requests, made once. */
export function requestTail(inbox: string): string {
  return `"response_queue":${JSON.stringify(inbox)},"id":`
}

/** Text of a native request. */
export function requestText(head: string, args: string | RichText, tail: string, id: number, deadline: number): string {
  const call = typeof args === 'string' ? `${head}${args}},` : `${head}${args.json}},"meta":${args.meta},`
  return `${call}${tail}${id},"deadline":${deadline}}`
}

/** Text of a classic request: `args` and `kwargs` are left out when empty, as the Python and PHP originals do. */
export function classicRequestText(method: string, args: string, kwargs: string, replyList: string): string {
  const withArgs = args === '[]' ? '' : `,"args":${args}`
  const withKwargs = kwargs === '{}' ? '' : `,"kwargs":${kwargs}`
  const call = `{"name":${JSON.stringify(method)}${withArgs}${withKwargs}}`
  return `{"function_call":${call},"response_queue":${JSON.stringify(replyList)}}`
}

/**
 * Reads a request, native or classic.
 * @throws MessageTooLargeError before anything is parsed
 * @throws ProtocolError when it is not a request of this protocol
 */
export function readRequest(text: string, limits: Limits): Request {
  const message = asObject(parseMessage(text, limits), 'the request')
  const call = asObject(own(message, 'function_call'), 'function_call')
  const method = own(call, 'name')
  if (typeof method !== 'string') throw new ProtocolError('function_call.name is not a string')
  const args = own(call, 'args') ?? []
  if (!Array.isArray(args)) throw new ProtocolError('function_call.args is not an array')
  const kwargs = own(call, 'kwargs') ?? undefined
  const deadline = own(message, 'deadline') ?? undefined
  if (deadline !== undefined && typeof deadline !== 'number') throw new ProtocolError('deadline is not a number')
  checkVersion(message)
  const id = own(message, 'id') ?? undefined
  if (id !== undefined && !Number.isSafeInteger(id)) throw new ProtocolError('id is not a whole number')
  const address = addressIn(message)
  if (address === undefined) throw new ProtocolError('response_queue is not the name of a list')
  return {
    method,
    args,
    kwargs: kwargs === undefined ? undefined : asObject(kwargs, 'function_call.kwargs'),
    meta: own(message, 'meta'),
    address,
    deadline,
  }
}

/** A longer name is no list of ours; whoever sends it would make us write it. */
const LONGEST_LIST_NAME = 512

/** Our requests end in this; it is found without parsing what stands before it. */
const ADDRESS_AT_END = /,("response_queue":"(?:[^"\\]|\\.){1,512}","id":\d{1,16})(?:,"deadline":\d{1,16})?\}\s*$/
const LONGEST_TAIL = 1_024

/** Where to say that a request could not be read; undefined when nobody can be told. */
export function findAddress(text: string, limits: Limits): ReplyAddress | undefined {
  try {
    return addressIn(asObject(parseMessage(text, limits), 'the request'))
  } catch {
    const end = ADDRESS_AT_END.exec(text.slice(-LONGEST_TAIL))
    return end === null ? undefined : addressInTail(`{${end[1]}}`)
  }
}

/** What looks like an address need not be JSON. */
function addressInTail(tail: string): ReplyAddress | undefined {
  try {
    return addressIn(JSON.parse(tail) as JsonObject)
  } catch {
    return undefined
  }
}

/** `return_value` of a method that returned nothing; the commonest value that plain JSON does not carry. */
const VOID = '"return_value":null,"meta":{"values":["undefined"],"v":1}'

/** Text of a reply with a value. @throws SerializationError when the value cannot be carried */
export function replyText(address: ReplyAddress, value: unknown, codec: Codec): string {
  if (address.id === undefined) return `{${classicValue(value, codec)}}`
  const head = `{"id":${address.id},`
  if (value === undefined) return `${head}${VOID}}`
  const encoded = codec.encode(value, 'return_value')
  return typeof encoded === 'string'
    ? `${head}"return_value":${encoded}}`
    : `${head}"return_value":${encoded.json},"meta":${encoded.meta}}`
}

/** A classic peer reads the JSON part; one of ours that speaks the classic dialect reads `meta` too. */
function classicValue(value: unknown, codec: Codec): string {
  if (value === undefined) return '"return_value":null'
  const encoded = codec.encode(value, 'return_value')
  return typeof encoded === 'string'
    ? `"return_value":${encoded}`
    : `"return_value":${encoded.json},"meta":${encoded.meta}`
}

/** Text of a reply with what the method threw. Never fails: what cannot be carried is described. */
export function failureText(address: ReplyAddress, thrown: unknown, codec: Codec, exposeStacks: boolean): string {
  const failure: EncodedFailure = encodeFailure(thrown, codec, { exposeStacks })
  const exception = `"exception":${JSON.stringify(failure.exception)}`
  if (address.id === undefined) return `{${exception}}`
  const meta = failure.meta === undefined ? '' : `,"meta":${failure.meta}`
  return `{"id":${address.id},${exception},"error":${failure.error}${meta}}`
}

/** A reply as it came off the list; its values are not revived yet. */
export type Reply =
  | { readonly id: number | undefined; readonly failed: false; readonly value: unknown; readonly meta: unknown }
  | {
      readonly id: number | undefined
      readonly failed: true
      readonly exception: string
      readonly error: unknown
      readonly meta: unknown
      readonly backtrace: unknown
    }

/**
 * Reads a reply, native or classic. An `exception` that is null counts as none.
 * @throws MessageTooLargeError before anything is parsed
 * @throws ProtocolError when it is not a reply of this protocol
 */
export function readReply(text: string, limits: Limits): Reply {
  const message = asObject(parseMessage(text, limits), 'the reply')
  const id = own(message, 'id')
  if (id !== undefined && typeof id !== 'number') throw new ProtocolError('id is not a number')
  checkVersion(message)
  const meta = own(message, 'meta')
  const exception = own(message, 'exception') ?? undefined
  if (exception !== undefined) {
    if (typeof exception !== 'string') throw new ProtocolError('exception is not a string')
    const error = own(message, 'error')
    return { id, failed: true, exception, error, meta, backtrace: own(message, 'backtrace') }
  }
  if (!Object.hasOwn(message, 'return_value')) throw new ProtocolError('neither return_value nor exception is there')
  return { id, failed: false, value: message.return_value, meta }
}

const ID_AT_START = /^\{"id":(\d{1,16}),/

/** The id of a reply that is too large to be parsed; undefined when it does not stand at the beginning. */
export function findReplyId(text: string): number | undefined {
  const start = ID_AT_START.exec(text.slice(0, 32))
  return start === null ? undefined : Number(start[1])
}

type JsonObject = Readonly<Record<string, unknown>>

function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new ProtocolError(`${what} is not a JSON object`)
}

/** A message's own field; never what its prototype has under that name. */
function own(message: JsonObject, field: string): unknown {
  return Object.hasOwn(message, field) ? message[field] : undefined
}

function addressIn(message: JsonObject): ReplyAddress | undefined {
  const list = own(message, 'response_queue')
  if (typeof list !== 'string' || list === '' || list.length > LONGEST_LIST_NAME) return undefined
  const id = own(message, 'id')
  // With an id that is none the sender can still be told, as a classic one is.
  return { list, id: Number.isSafeInteger(id) ? (id as number) : undefined }
}

function checkVersion(message: JsonObject): void {
  const version = own(message, 'v')
  if (version !== undefined && version !== VERSION) {
    throw new ProtocolError(`version ${JSON.stringify(version)} of the protocol is not known here, only ${VERSION}`)
  }
}
