import { ProtocolError } from '../errors.ts'
import { LONGEST_MS } from '../util/options.ts'
import type { RichText } from './codec.ts'
import { asObject, checkVersion, type JsonObject } from './fields.ts'
import { checkText, type Limits, parseMessage } from './limits.ts'
import { readMetadata } from './metadata.ts'

/*
 * The messages, as stored in the lists. Version 1; a message may contain it as `v`, and other versions are refused.
 *
 * request   {"function_call":{"name":"add","args":[5]},"life":"…","response_queue":"calc:rpc:V1StGXR8…","id":17,"sent":…,"deadline":…}
 * reply     {"id":17,"return_value":4}
 * failure   {"id":17,"exception":"TypeError: …","error":{…}}; of a pipeline, with the "step" that failed
 * not run   {"id":17,"exception":"NotRunError: …","again":"<life>"}
 *
 * A request may have `options` before `life`, see {@link RequestOptions}.
 *
 * `meta` is there when plain JSON does not carry the value exactly; it is about `args`, `return_value` or `error`.
 * Without `id` all three are the classic RedisRPC messages:
 *
 * request   {"function_call":{"name":"add","args":[5],"kwargs":{"a":1}},"response_queue":"calc:rpc:X7Y2US9A"}
 * reply     {"return_value":4}
 * failure   {"exception":"TypeError: …"}
 */

/** A request as it came off the list; its values are not revived yet. */
export interface Request {
  /** The number of what was lent and is called; undefined: it is the service. */
  readonly on: number | undefined
  readonly method: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>> | undefined
  readonly meta: unknown
  readonly address: ReplyAddress
  /** When it was sent, in ms since 1970 on Redis's clock; undefined: not known. */
  readonly sent: number | undefined
  /** ms since 1970 on Redis's clock; undefined: none. */
  readonly deadline: number | undefined
  /** Which Redis it was pushed to, see `docs/delivery.md`; undefined: not known. */
  readonly life: string | undefined
  readonly options: RequestOptions
  /** When its method was begun here, in ms of the process's steady time; 0: it has not been. */
  began: number
}

/** The options of a request; an ordinary request has none. */
export interface RequestOptions {
  /** Which time it is sent; left out: the first. */
  readonly attempt?: number
  /** It may be run more than once. */
  readonly delivery?: 'at-least-once'
  /** Nobody waits for a reply, so it names no list for one. */
  readonly notify?: true
  /** Reaches the method's context. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Of the calls with this key one runs; its result is kept for the others. */
  readonly idempotency?: Idempotency
}

/** Which calls are one and the same. */
export interface Idempotency {
  /** 1 to 255 characters. */
  readonly key: string
  /** How long the result is kept, in ms. */
  readonly ttlMs: number
}

const NO_OPTIONS: RequestOptions = {}
/** The address of what is never answered. */
const NOWHERE: ReplyAddress = { list: '', id: undefined }

/** Where a reply goes. Without `id` the caller is a classic one, and so is the reply. */
export interface ReplyAddress {
  readonly list: string
  readonly id: number | undefined
  /** The list of the endpoint that has borrowed what the request lent; set once it has. */
  by?: string
}

/** The fixed parts of one method's requests, made once. */
export function requestHead(method: string): string {
  return `{"function_call":{"name":${JSON.stringify(method)},"args":`
}

/** What a request begins with. */
export const REQUEST_START = '{"function_call":'

/** What a request to something that was lent begins with. */
export const OBJECT_HEAD = '{"function_call":{"on":'

/** The same for something that was lent: a method of it, or, with the name empty, the function itself. */
export function objectRequestHead(on: number, method: string): string {
  return `${OBJECT_HEAD}${on},"name":${JSON.stringify(method)},"args":`
}

/**
 * The fixed part of one client's requests, made once for each Redis that it is connected to.
 * @param life which Redis that is; empty: not known
 */
export function requestTail(inbox: string, life: string): string {
  return `${lifeText(life)}"response_queue":${JSON.stringify(inbox)},"id":`
}

function lifeText(life: string): string {
  return life === '' ? '' : `"life":${JSON.stringify(life)},`
}

/** The last part of a request, the same for all that are sent at one time with one time-out. */
export function requestTimes(sent: number, deadline: number): string {
  return `,"sent":${sent},"deadline":${deadline}}`
}

/** The part that says what is unusual about a request. */
export function requestOptionsText(options: RequestOptions): string {
  return `"options":${JSON.stringify(options)},`
}

/**
 * Text of a native request.
 * @param options see {@link requestOptionsText}; empty in an ordinary one
 * @param times see {@link requestTimes}
 */
export function requestText(
  head: string,
  args: string | RichText,
  options: string,
  tail: string,
  id: number,
  times: string,
): string {
  const call = typeof args === 'string' ? `${head}${args}},` : `${head}${args.json}},"meta":${args.meta},`
  return `${call}${options}${tail}${id}${times}`
}

/** Text of a request that nobody waits for; its options say so. */
export function notificationText(
  head: string,
  args: string | RichText,
  options: string,
  life: string,
  times: string,
): string {
  const call = typeof args === 'string' ? `${head}${args}},` : `${head}${args.json}},"meta":${args.meta},`
  // The text before ends in a comma, so the one at the beginning of the times must be removed.
  return `${call}${options}${lifeText(life)}${times.slice(1)}`
}

/** The same request for another attempt: its options and its life are exchanged. */
export function requestAgain(
  text: string,
  before: { readonly options: string; readonly tail: string; readonly id: number },
  options: string,
  tail: string,
): string {
  const times = text.slice(text.lastIndexOf(',"sent":'))
  const call = text.slice(0, -(times.length + `${before.id}`.length + before.tail.length + before.options.length))
  return `${call}${options}${tail}${before.id}${times}`
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
  const call = asObject(message.function_call, 'function_call')
  const { name: method, on } = call
  if (typeof method !== 'string') throw new ProtocolError('function_call.name is not a string')
  if (on !== undefined && !Number.isSafeInteger(on)) throw new ProtocolError('function_call.on is not a whole number')
  const args = call.args ?? []
  if (!Array.isArray(args)) throw new ProtocolError('function_call.args is not an array')
  const kwargs = call.kwargs ?? undefined
  const deadline = message.deadline ?? undefined
  if (deadline !== undefined && typeof deadline !== 'number') throw new ProtocolError('deadline is not a number')
  checkVersion(message)
  const id = message.id ?? undefined
  if (id !== undefined && !Number.isSafeInteger(id)) throw new ProtocolError('id is not a whole number')
  const options = readOptions(message.options)
  if (options.idempotency !== undefined && options.notify !== true && id === undefined)
    throw new ProtocolError('a request with an idempotency key has no id')
  const address = options.notify === true ? NOWHERE : addressIn(message)
  if (address === undefined) throw new ProtocolError('response_queue is not the name of a list')
  const { meta, sent, life } = message
  return {
    on: on as number | undefined,
    method,
    args,
    kwargs: kwargs === undefined ? undefined : asObject(kwargs, 'function_call.kwargs'),
    meta,
    address,
    sent: typeof sent === 'number' ? sent : undefined,
    deadline,
    life: typeof life === 'string' ? life : undefined,
    options,
    began: 0,
  }
}

function readOptions(value: unknown): RequestOptions {
  if (value === undefined || value === null) return NO_OPTIONS
  const { attempt, delivery, notify, metadata, idempotency } = asObject(value, 'options')
  const options: { -readonly [K in keyof RequestOptions]: RequestOptions[K] } = {}
  if (attempt !== undefined) options.attempt = whole(attempt, 'options.attempt')
  if (delivery === 'at-least-once') options.delivery = delivery
  if (notify === true) options.notify = true
  if (metadata !== undefined) options.metadata = readMetadata(metadata)
  if (idempotency !== undefined) options.idempotency = readIdempotency(idempotency)
  return options
}

function whole(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  throw new ProtocolError(`${what} is not a positive whole number`)
}

/** How many characters an idempotency key may have. */
export const LONGEST_KEY = 255

function readIdempotency(value: unknown): Idempotency {
  const { key, ttlMs } = asObject(value, 'options.idempotency')
  if (typeof key !== 'string' || key === '' || key.length > LONGEST_KEY)
    throw new ProtocolError(`options.idempotency.key is not a string of 1 to ${LONGEST_KEY} characters`)
  const keptMs = whole(ttlMs, 'options.idempotency.ttlMs')
  if (keptMs > LONGEST_MS) throw new ProtocolError(`options.idempotency.ttlMs is more than ${LONGEST_MS}`)
  return { key, ttlMs: keptMs }
}

/**
 * A longer name is not a list of this library; replying would let the sender choose a key to write.
 */
const LONGEST_LIST_NAME = 512

/** Requests of this library end with this; it can be found without parsing the text before it. */
const ADDRESS_AT_END =
  /,("response_queue":"(?:[^"\\]|\\.){1,512}","id":\d{1,16})(?:,"sent":\d{1,16})?(?:,"deadline":\d{1,16})?\}\s*$/
const LONGEST_TAIL = 1_024

/** The reply address of an invalid request; undefined if it cannot be determined. */
export function findAddress(text: string, limits: Limits): ReplyAddress | undefined {
  try {
    checkText(text, limits)
    // A forbidden key elsewhere in the message does not prevent a reply to its sender; nothing else
    // in it is read.
    return addressIn(asObject(JSON.parse(text), 'the request'))
  } catch {
    return findAddressAtEnd(text)
  }
}

/** Where a native request wants its reply, by its last characters alone. */
export function findAddressAtEnd(text: string): ReplyAddress | undefined {
  const end = ADDRESS_AT_END.exec(text.slice(-LONGEST_TAIL))
  return end === null ? undefined : addressInTail(`{${end[1]}}`)
}

/** What looks like an address need not be JSON. */
function addressInTail(tail: string): ReplyAddress | undefined {
  try {
    return addressIn(JSON.parse(tail) as JsonObject)
  } catch {
    return undefined
  }
}

function addressIn(message: JsonObject): ReplyAddress | undefined {
  const list = message.response_queue
  if (typeof list !== 'string' || list === '' || list.length > LONGEST_LIST_NAME) return undefined
  const { id } = message
  // With an invalid id, the sender can still get a reply, like a classic client.
  return { list, id: Number.isSafeInteger(id) ? (id as number) : undefined }
}
