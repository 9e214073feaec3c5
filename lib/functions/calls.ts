import { randomUUID } from 'node:crypto'
import { ClosedError, type DeliveryError, InvalidOptionError } from '../errors.ts'
import { Deadlines } from '../link/deadlines.ts'
import type { Link } from '../link/link.ts'
import { type CallLimits, PendingCall } from '../link/pending-call.ts'
import type { RedisAddress } from '../link/source.ts'
import { isRecord } from '../util/is-object.ts'
import { Codec } from '../wire/codec.ts'
import { checkBytes, type Limits } from '../wire/limits.ts'
import type { Metadata } from '../wire/metadata.ts'
import type { FunctionClientSettings } from './client-options.ts'
import { encodePlainJson } from './json.ts'
import { requestText } from './message.ts'
import { callsKey, resultKey } from './names.ts'
import { RemoteFunctionError } from './remote-function-error.ts'
import { Results, type ResultWait } from './results.ts'

/** Counters of a client, since it was created. */
export interface FunctionClientStats {
  /** Calls that are waiting for Redis or for their result. */
  readonly pending: number
  /** Results that arrived after their call had timed out or been aborted. */
  readonly late: number
  /** Messages that were not valid results. */
  readonly junk: number
}

/** Redis has the request. */
const SENT = {}

/** A request whose caller waits only until Redis has it. */
class PendingPush extends PendingCall<typeof SENT> {
  delivered(): void {
    this.answer(SENT)
  }
}

type Pending = ResultWait | PendingPush

/** The calls of a client, from their request to their result. */
export class FunctionCalls {
  readonly #settings: FunctionClientSettings & Limits
  readonly #codec: Codec
  readonly #results: Results
  readonly #pending = new Set<Pending>()
  readonly #deadlines: Deadlines
  /** The list of a function's calls, by its name. */
  readonly #lists = new Map<string, string>()
  #isClosed = false

  constructor(address: RedisAddress, settings: FunctionClientSettings) {
    this.#settings = { ...settings, of: 'the function client' }
    this.#codec = new Codec({ classes: settings.classes, types: settings.types, limits: this.#settings })
    this.#results = new Results(address, this.#settings)
    this.#deadlines = new Deadlines(
      settings.clock,
      () => this.#pending,
      () => this.link.obstacle,
    )
  }

  get link(): Link {
    return this.#results.link
  }

  get stats(): FunctionClientStats {
    return { pending: this.#pending.size, late: this.#results.late, junk: this.#results.junk }
  }

  /** Pushes a request and waits for its result; removes the request if the call times out or is aborted. */
  async call(name: string, kw: unknown, limits: CallLimits, metadata?: Metadata): Promise<unknown> {
    const json = this.#encode(name, kw, limits)
    const id = randomUUID()
    const list = resultKey(this.#settings.prefix, name, id)
    const call: ResultWait = new PendingCall(name, limits, this.#deadlines, () => {
      this.#pending.delete(call)
      if (this.#results.forget(list, call)) this.#takeBack(call, list)
    })
    this.#whenOpen(call, () => {
      if (this.#push(call, id, json, metadata)) this.#results.expect(list, call)
    })
    return this.#resultOf(call)
  }

  /** Pushes a request, and resolves with its id once Redis has it. */
  async push(name: string, kw: unknown, limits: CallLimits, metadata?: Metadata): Promise<string> {
    const json = this.#encode(name, kw, limits)
    const id = randomUUID()
    const push = new PendingPush(name, limits, this.#deadlines, () => this.#pending.delete(push))
    this.#whenOpen(push, () => this.#push(push, id, json, metadata))
    await push.answered
    return id
  }

  /** Waits for the result of a call made by any process. */
  async response(name: string, id: string, limits: CallLimits): Promise<unknown> {
    this.#check(limits)
    const list = resultKey(this.#settings.prefix, name, id)
    const wait: ResultWait = new PendingCall(name, limits, this.#deadlines, () => {
      this.#pending.delete(wait)
      this.#results.forget(list, wait)
    })
    this.#whenOpen(wait, () => this.#results.expect(list, wait))
    return this.#resultOf(wait)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const pending of [...this.#pending]) pending.close()
    this.#deadlines.stop()
    await this.#results.close()
  }

  /** Encodes the arguments immediately: later changes to them must have no effect. */
  #encode(name: string, kw: unknown, limits: CallLimits): string {
    this.#check(limits)
    if (kw === undefined) return '{}'
    if (!isRecord(kw)) throw new InvalidOptionError(`kw of ${name}`, 'an object of named arguments', kw)
    return encodePlainJson(kw, 'kw', this.#codec)
  }

  #check(limits: CallLimits): void {
    if (this.#isClosed) throw new ClosedError('the function client is closed')
    limits.signal?.throwIfAborted()
  }

  /** Runs `send` once there is a connection, unless the call has settled by then. */
  #whenOpen(pending: Pending, send: () => void): void {
    this.#pending.add(pending)
    if (this.link.isOpen) return send()
    this.link.open().then(
      () => pending.cancelled || send(),
      (error: DeliveryError) => pending.undelivered(error),
    )
  }

  #push(pending: Pending, id: string, json: string, metadata: Metadata | undefined): boolean {
    pending.text = requestText(id, this.link.now(), json, metadata)
    try {
      checkBytes(pending.text, this.#settings)
    } catch (error) {
      pending.fail(() => error)
      return false
    }
    this.link.outbox.push(this.#listOf(pending.operation), pending)
    return true
  }

  #listOf(name: string): string {
    let list = this.#lists.get(name)
    if (list === undefined) {
      list = callsKey(this.#settings.prefix, name)
      this.#lists.set(name, list)
    }
    return list
  }

  /** Withdraws a call whose caller no longer waits; no other process knows its id. */
  #takeBack(call: ResultWait, list: string): void {
    this.#results.discard(list)
    this.link.takeBack.add(this.#listOf(call.operation), call.text)
  }

  async #resultOf(wait: ResultWait): Promise<unknown> {
    const result = await wait.answered
    if (result.failed) throw new RemoteFunctionError(wait.operation, result.err, result.traceback)
    return this.#codec.decode(result.value, result.meta, 'res')
  }
}
