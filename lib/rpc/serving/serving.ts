import { BusyError, ClosedError, ProtocolError } from '../../errors.ts'
import { Intake } from '../../link/intake.ts'
import { isThenable, Running } from '../../util/running.ts'
import {
  findAddress,
  findAddressAtEnd,
  type Idempotency,
  OBJECT_HEAD,
  type ReplyAddress,
  type Request,
  readRequest,
  requestHead,
} from '../../wire/message.ts'
import { againText, replyHead } from '../../wire/reply.ts'
import { isBuiltin, PIPE, RESERVED_CALLS, RESERVED_PREFIX } from '../../wire/reserved.ts'
import { StepFailure } from '../../wire/step.ts'
import { thrownError, thrownText } from '../../wire/thrown.ts'
import { type Answer, MOST_IDS } from '../fate/answer.ts'
import type { CallMeter } from '../meter/call-meter.ts'
import { hasFailedKept, KeptReplies } from '../once/kept-replies.ts'
import { OnceCalls, type OnceHost, type OnceOutcome, type RunMethod } from '../once/once-calls.ts'
import { serveChannel, serveTrace, traced } from '../tracing.ts'
import { contextHook, type HasContext, ServedContext } from './call-context.ts'
import { HeldRequests } from './held-requests.ts'
import { Replies, type RepliesOptions } from './replies.ts'
import { type CallServer, OnceCall, ServedCall, ServedWait } from './served-call.ts'

const BUILTIN_HEAD = `{"function_call":{"name":"${RESERVED_PREFIX}`
const HELLO_HEAD = `${BUILTIN_HEAD}hello"`
const CALL_HEADS = RESERVED_CALLS.map(requestHead)

/** Whether a message that begins like a built-in call is an ordinary call. */
function isCall(text: string): boolean {
  return CALL_HEADS.some((head) => text.startsWith(head))
}

/** Counters of a server, since it was created. */
export interface ServingStats {
  succeeded: number
  failed: number
  expired: number
  junk: number
}

export interface ServingOptions extends RepliesOptions {
  readonly service: string
  readonly concurrency: number
  /** A request that has waited longer than this is refused, in ms. */
  readonly maxQueueAgeMs: number
  /** The prefixes of all lists that may be answered. */
  readonly replyPrefixes: readonly [clients: string, servers: string]
  /**
   * Runs a method and returns its result, which may be a promise. Throws the method's error.
   * @param call has the context of the call, if that may be needed
   */
  readonly dispatch: (request: Request, call?: HasContext) => unknown
  /**
   * Runs a built-in method, whose name begins with `rpc.`; it is neither counted nor remembered.
   */
  readonly builtin: (request: Request) => unknown
  /** Whether calls may begin now; {@link Serving.resume} reports that they may again. */
  readonly mayAct: (now: number) => boolean
  /** The parts for calls with an idempotency key; undefined: such calls are refused. */
  readonly once?: Pick<OnceHost, 'id' | 'isGone' | 'prepare'>
  /** Counts and times the calls; undefined: there are no reports. */
  readonly meter?: CallMeter
}

/**
 * The half of an endpoint that runs calls: it reads requests, runs their methods, answers, and
 * remembers both, so that it can say later what became of a call.
 */
export class Serving implements CallServer {
  readonly stats: ServingStats = { succeeded: 0, failed: 0, expired: 0, junk: 0 }
  /** The life of the Redis that requests are popped from; empty: unknown. */
  life = ''
  readonly #options: ServingOptions
  readonly #replies: Replies
  readonly #running: Running<ServedCall>
  /**
   * Built-in calls that wait at something lent, such as for the next item of a stream. They do not
   * count towards `concurrency`.
   */
  readonly #waits = new Running<ServedCall>(() => {})
  readonly #intake: Intake
  readonly #once: OnceCalls | undefined
  readonly #kept: KeptReplies
  readonly #refusesReplays: boolean
  readonly #held = new HeldRequests()
  #isGivenUp = false

  constructor(options: ServingOptions) {
    this.#options = options
    this.#replies = new Replies(options)
    this.#running = new Running(() => this.#intake.resume())
    this.#intake = new Intake({
      concurrency: options.concurrency,
      running: () => this.#running.size,
      handle: (text, now) => this.#handle(text, now),
      onRoom: () => options.link.resume(),
      clock: options.clock,
    })
    this.#refusesReplays = options.signing.isOn
    this.#kept = new KeptReplies(options.codec, (address, thrown) => this.#replies.failureText(address, thrown))
    this.#once = options.once === undefined ? undefined : new OnceCalls(this.#onceHost(options, options.once))
  }

  /** Calls that are running. */
  get running(): number {
    return this.#running.size
  }

  /** Their requests. */
  *runningRequests(): Iterable<Request> {
    for (const { request } of this.#running.works) yield request
  }

  /** Calls that were popped and have not begun. */
  get waiting(): number {
    return this.#intake.waiting + this.#held.size + (this.#once?.waiting ?? 0)
  }

  /** How many requests the next pop may return, when `popped` have just been popped. */
  room(popped: number): number {
    return this.#held.size > 0 ? 0 : this.#intake.room(popped)
  }

  /** Takes requests. */
  take(texts: string[]): void {
    if (this.#options.mayAct(this.#options.clock.now())) this.#intake.take(texts)
    else this.#hold(texts)
  }

  /**
   * Handles a message for this server alone: built-in methods run immediately, whatever else waits.
   */
  takeOwn(text: string): void {
    const now = this.#options.clock.now()
    // Lent objects may be called from within a method, which must not wait for itself.
    const isAtOnce = text.startsWith(BUILTIN_HEAD) ? !isCall(text) : text.startsWith(OBJECT_HEAD)
    if (!isAtOnce) this.take([text])
    // If two servers join at once, each waits for the other to answer.
    else if (text.startsWith(HELLO_HEAD) || this.#options.mayAct(now)) this.#run(text, now)
    else this.#hold([text])
  }

  /**
   * Rule R3: requests that were popped while the lease may have expired do not begin; their callers
   * find out by asking. Calls of callers that cannot ask are run, because no other server will.
   */
  sendBack(): void {
    const texts = this.#popped()
    this.#intake.keep(() => false)
    this.#once?.keep(() => false)
    this.#held.set(texts.filter((text) => !this.#isSentBack(text)))
  }

  #isSentBack(text: string): boolean {
    const address = findAddressAtEnd(text)
    if (address?.id === undefined || !this.#mayAnswer(address)) return false
    this.#sendBack(address)
    return true
  }

  /** Calls may begin again. */
  resume(): void {
    const held = this.#held.texts
    this.#held.set([])
    if (held.length > 0) this.#intake.take([...held])
    this.#options.link.resume()
  }

  /** Returns what is known about these calls of one client, and sends kept replies again. */
  answerFor(
    list: string,
    ids: readonly number[],
  ): Pick<Answer, 'running' | 'answered' | 'done' | 'forgotten' | 'reachMs'> {
    const running = this.#inProgress(list)
    const answer = {
      running: [] as number[],
      answered: [] as number[],
      done: [] as number[],
      forgotten: [] as number[],
    }
    for (const id of ids.slice(0, MOST_IDS)) {
      const known = running.has(id) ? 'running' : this.#replies.recall(list, id)
      if (known === 'running') answer.running.push(id)
      else if (known === 'forgotten') answer.forgotten.push(id)
      else if (known === 'begun') {
        if (this.#replies.sendAgain(list, id)) answer.answered.push(id)
        else answer.done.push(id)
      }
    }
    return { ...answer, reachMs: this.#replies.reachMs }
  }

  /**
   * A caller has cancelled calls: waiting ones are dropped, and the signals of running ones fire.
   */
  cancel(list: string, ids: readonly number[]): void {
    const given = new Set(ids)
    const isGiven = (address: ReplyAddress | undefined): boolean =>
      address?.list === list && address.id !== undefined && given.has(address.id)
    const keep = (text: string): boolean => !isGiven(findAddressAtEnd(text))
    this.#intake.keep(keep)
    this.#once?.keep(keep)
    this.#held.set(this.#held.texts.filter(keep))
    for (const call of this.#running.works)
      if (isGiven(call.address) && !(call instanceof OnceCall)) call.context.abort(cancelled())
  }

  /**
   * Resolves once nothing waits and nothing runs; after `limitMs`, remaining callers get an error.
   */
  async finish(limitMs: number): Promise<void> {
    const { clock } = this.#options
    this.resume()
    const giveUp = clock.setTimer(() => this.#giveUp(), limitMs)
    while (this.waiting + this.running > 0 || this.#once?.isBusy) {
      await this.#held.emptied()
      await this.#intake.emptied()
      await this.#running.ended()
      await this.#once?.emptied()
    }
    clock.clearTimer(giveUp)
  }

  #giveUp(): void {
    this.#isGivenUp = true
    for (const call of this.#running.works) call.context.abort(this.#closedError())
    this.#running.giveUp(() => this.#closedError())
    this.#once?.giveUp(() => this.#closedError())
    if (!this.#options.mayAct(this.#options.clock.now())) {
      this.sendBack()
      this.#refuseUnstarted(this.#held.texts)
      this.#held.set([])
    }
    this.#intake.resume()
  }

  /** Holds requests that may not start now, unless this end no longer waits for that. */
  #hold(texts: readonly string[]): void {
    if (this.#isGivenUp) this.#refuseUnstarted(texts.filter((text) => !this.#isSentBack(text)))
    else this.#held.add(...texts)
  }

  /** Callers that cannot ask what became of their calls get an error that this end is closed. */
  #refuseUnstarted(texts: readonly string[]): void {
    for (const text of texts) {
      const request = this.#read(text)
      if (request === undefined || !this.#mayAnswer(request.address)) continue
      const { address, on, method } = request
      if (on !== undefined || !isBuiltin(method)) this.fail(request, this.#closedError())
      else if (address.list !== '')
        this.#replies.push(address.list, this.#replies.failureText(address, this.#closedError()))
    }
  }

  /** Reads a request. What is none is refused; then undefined. */
  #read(text: string): Request | undefined {
    const { limits } = this.#options
    try {
      return readRequest(text, limits)
    } catch (error) {
      this.refuse(findAddress(text, limits), error as Error)
      return undefined
    }
  }

  #closedError(): ClosedError {
    return new ClosedError(`server ${this.#options.service} was closed`)
  }

  /** This is the hot path of a server: everything here runs for every call. */
  #handle(text: string, now: number): void {
    if (this.#options.mayAct(now)) this.#run(text, now)
    else this.#hold([text])
  }

  #run(text: string, now: number): void {
    const { link, maxQueueAgeMs, dispatch, meter } = this.#options
    const request = this.#read(text)
    if (request === undefined) return
    const { address } = request
    if (!this.#mayAnswer(address)) return
    const redisNow = link.toRedisTime(now)
    if (request.deadline !== undefined && request.deadline < redisNow) {
      return this.#expire(request)
    }
    if (request.life !== this.life && request.life !== undefined && this.life !== '') return this.#sendBack(address)
    if (request.on === undefined && isBuiltin(request.method)) return void this.#runBuiltin(request)
    if (request.options.attempt !== undefined && this.#isRepeated(request)) return
    if (request.sent !== undefined && redisNow - request.sent > maxQueueAgeMs) {
      return this.fail(
        request,
        new BusyError(this.#options.service, `the call has waited for ${redisNow - request.sent} ms`),
      )
    }
    if (this.#isGivenUp) return this.fail(request, this.#closedError())
    if (request.on !== undefined && isBuiltin(request.method)) return this.#wait(request, now)
    const { idempotency } = request.options
    if (idempotency !== undefined) return this.#runOnce(text, request, idempotency)
    if (address.id !== undefined) {
      if (this.#refusesReplays && this.#isReplay(request)) return void this.stats.junk++
      this.#replies.begin(address, now)
    }
    meter?.begin(request)
    try {
      if (contextHook.isOn || request.method === PIPE || serveChannel.hasSubscribers) return this.#runInContext(request)
      const result = dispatch(request)
      if (isThenable(result)) this.#running.add(new ServedCall(this, request), result)
      else this.succeed(request, result)
    } catch (thrown) {
      this.fail(request, thrown)
    }
  }

  /** Its caller no longer waits for the answer. */
  #expire(request: Request): void {
    this.stats.expired++
    this.#options.meter?.expired(request)
  }

  /**
   * Whether someone else has pushed a request again. Its sender would have included the number of
   * the attempt, and signed that.
   */
  #isReplay({ address: { list, id }, options }: Request): boolean {
    return options.attempt === undefined && this.#replies.recall(list, id as number) === 'begun'
  }

  #runOnce(text: string, request: Request, idempotency: Idempotency): void {
    if (this.#once !== undefined) return this.#once.take(text, request, idempotency)
    this.fail(request, new ProtocolError('there are no idempotency keys here'))
  }

  #onceHost(
    { service, link, clock, mayAct, signing, meter, onError }: ServingOptions,
    once: Pick<OnceHost, 'id' | 'isGone' | 'prepare'>,
  ): OnceHost {
    return {
      ...once,
      service,
      clock,
      run: (commands) => link.run(commands),
      mayAct: () => mayAct(clock.now()),
      signing,
      isGivenUp: () => this.#isGivenUp,
      add: (request, work) => {
        const call = new OnceCall(this, request)
        const { context } = call
        const run: RunMethod = (method) => {
          meter?.begin(request)
          return this.#inContext(call, () => method(context))
        }
        this.#running.add(call, work(run))
      },
      begin: (address) => this.#replies.begin(address, clock.now()),
      succeeded: (value) => this.#kept.ofValue(value),
      failed: (thrown) => this.#kept.ofFailure(thrown),
      answer: (request, reply) => this.answerKept(request, reply),
      fail: (request, error) => this.fail(request, error),
      again: (text) => this.#intake.take([text]),
      expired: (request) => this.#expire(request),
      redisNow: () => link.toRedisTime(clock.now()),
      onError,
    }
  }

  /** Answers with a stored reply. */
  answerKept(request: Request, reply: string): void {
    const { meter, onError, clock } = this.#options
    const { address } = request
    const hasFailed = hasFailedKept(reply)
    this.stats[hasFailed ? 'failed' : 'succeeded']++
    const thrown = hasFailed && (meter !== undefined || address.list === '') ? this.#kept.thrownIn(reply) : undefined
    if (hasFailed) meter?.failed(request, thrown)
    else meter?.succeeded(request)
    if (address.list === '') return hasFailed ? onError(asError(thrown)) : undefined
    this.#replies.begin(address, clock.now())
    this.#replies.send(address, replyHead(address) + reply)
  }

  /** Makes a call wait for the reply to another one. */
  waitForOther(outcome: Extract<OnceOutcome, { wait: unknown }>): void {
    this.#once?.wait(outcome.wait)
  }

  async #runBuiltin(request: Request): Promise<void> {
    const { address } = request
    let text: string
    try {
      const made = this.#options.builtin(request)
      // Without a wait in between: a limit that `builtin` has checked holds while the answer is made.
      const value = isThenable(made) ? await made : made
      // Without a receiver, loans in the answer could never be returned.
      if (address.list === '') return
      text = this.#replies.valueText(address, value)
    } catch (error) {
      text = this.#replies.failureText(address, error)
    }
    if (address.list !== '') this.#replies.push(address.list, text)
  }

  #wait(request: Request, now: number): void {
    this.#replies.begin(request.address, now)
    const call = new ServedWait(this, request)
    try {
      const result = this.#options.dispatch(request)
      if (isThenable(result)) this.#waits.add(call, result)
      else call.succeed(result)
    } catch (thrown) {
      call.fail(thrown)
    }
  }

  #runInContext(request: Request): void {
    const { dispatch } = this.#options
    const call = new ServedCall(this, request)
    // Without a closure for each call, where middleware alone can read the context.
    const isPlain = contextHook.run === undefined && !serveChannel.hasSubscribers
    try {
      const result = isPlain ? dispatch(request, call) : this.#inContext(call, () => dispatch(request, call))
      if (isThenable(result)) this.#running.add(call, result)
      else call.succeed(result)
    } catch (thrown) {
      call.fail(thrown)
    }
  }

  /** Runs a method with access to its context, and publishes it on the diagnostics channel. */
  #inContext(call: ServedCall, method: () => unknown): unknown {
    const run = (): unknown => (contextHook.run === undefined ? method() : contextHook.run(call.context, method))
    if (!serveChannel.hasSubscribers) return run()
    return traced(serveChannel, serveTrace(this.#options.service, call.request, call.context), run)
  }

  /** Creates the context of a running call. */
  contextFor(request: Request): ServedContext {
    const { service, link, clock } = this.#options
    // A call with several callers does not end with one of them.
    const deadline = request.options.idempotency === undefined ? request.deadline : undefined
    const ownDeadline = deadline === undefined ? undefined : deadline - link.toRedisTime(0)
    return new ServedContext(service, request, ownDeadline, clock)
  }

  succeed(request: Request, value: unknown): void {
    const { address } = request
    let text = ''
    try {
      if (address.list !== '') text = this.#replies.valueText(address, value)
    } catch (error) {
      return this.fail(request, error)
    }
    this.stats.succeeded++
    this.#options.meter?.succeeded(request)
    if (address.list !== '') this.#replies.send(address, text)
  }

  answer(address: ReplyAddress, makeText: (replies: Replies) => string): void {
    if (address.list === '') return
    let text: string
    try {
      text = makeText(this.#replies)
    } catch (error) {
      text = this.#replies.failureText(address, error)
    }
    this.#replies.sendBatch(address, text)
  }

  fail(request: Request, thrown: unknown): void {
    const { address } = request
    this.stats.failed++
    this.#options.meter?.failed(request, thrown)
    // A notification has no caller to get its failure.
    if (address.list === '') this.#options.onError(asError(thrown))
    else this.#replies.send(address, this.#replies.failureText(address, thrown))
  }

  /**
   * An invalid request is counted and reported to `onError`, and to its sender if that is known.
   */
  refuse(address: ReplyAddress | undefined, error: Error): void {
    if (address !== undefined && !this.#mayAnswer(address)) return
    this.stats.junk++
    this.#options.onError(error)
    if (address !== undefined) this.#replies.push(address.list, this.#replies.failureText(address, error))
  }

  /** Rule R13: it was pushed to a Redis that has lost its latest writes since, so it may have been run before. */
  #sendBack({ list, id }: ReplyAddress): void {
    if (id !== undefined) this.#replies.push(list, againText(id, this.life))
  }

  /** Rules R10 and R14: whether a call that was sent again has been begun here before. */
  #isRepeated({ address: { list, id }, options }: Request): boolean {
    if (id === undefined) return false
    if (this.#inProgress(list).has(id)) return true
    const memory = this.#replies.recall(list, id)
    if (memory === 'unknown') return false
    if (this.#replies.sendAgain(list, id)) return true
    return options.delivery !== 'at-least-once'
  }

  /** The ids of a client's calls that are running or waiting. */
  #inProgress(list: string): Set<number> {
    const ids = new Set<number>()
    for (const { address } of [...this.#running.works, ...this.#waits.works])
      if (address.list === list && address.id !== undefined) ids.add(address.id)
    for (const text of this.#popped()) {
      const address = findAddressAtEnd(text)
      if (address?.list === list && address.id !== undefined) ids.add(address.id)
    }
    return ids
  }

  /** The requests that were popped and have not begun. */
  #popped(): string[] {
    return [...this.#intake.messages, ...this.#held.texts, ...(this.#once?.texts ?? [])]
  }

  /** A forged `response_queue` must not make this server write to arbitrary keys. */
  #mayAnswer({ list }: ReplyAddress): boolean {
    const { replyPrefixes, onError } = this.#options
    if (list.startsWith(replyPrefixes[0]) || list.startsWith(replyPrefixes[1]) || list === '') return true
    this.stats.junk++
    onError(new ProtocolError(`response_queue does not begin with ${replyPrefixes.join(' or ')}`))
    return false
  }
}

function cancelled(): DOMException {
  return new DOMException('the caller has given the call up', 'AbortError')
}

function asError(thrown: unknown): Error {
  if (StepFailure.is(thrown)) return asError(thrown.thrown)
  const error = thrownError(thrown)
  return error === thrown ? error : new Error(`a notification's method threw ${thrownText(thrown)}`)
}
