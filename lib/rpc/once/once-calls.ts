import { BusyError, IdempotencyError, ProtocolError, ServerLostError, ValidationError } from '../../errors.ts'
import { toCallerError } from '../../link/redis-failure.ts'
import type { RedisLife } from '../../link/source.ts'
import type { Clock } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { Pauses } from '../../util/pauses.ts'
import { isRemote } from '../../wire/failure.ts'
import { onceRecord } from '../../wire/keys.ts'
import type { Idempotency, ReplyAddress, Request } from '../../wire/message.ts'
import type { ServedContext } from '../serving/call-context.ts'
import type { Signing } from '../signing.ts'
import { FIRST_PAUSE_MS, isRefused, longer } from './looks.ts'
import { NotRun } from './not-run.ts'
import { OnceWaits, type Waiting, type WaitingGroup } from './once-waits.ts'
import {
  claimRecord,
  fingerprintOf,
  finishRecord,
  type OnceRecord,
  readRecord,
  releaseRecord,
  serverOfClaim,
} from './record.ts'

/**
 * How many calls may wait for others with the same key; they do not count towards `concurrency`.
 */
const MOST_WAITING = 1_000

export interface OnceHost {
  readonly service: string
  /** The id of this server. */
  readonly id: string
  readonly clock: Clock
  readonly run: <T>(commands: (redis: RedisLife) => Promise<T>) => Promise<T>
  /** Whether calls may be begun and answered now. */
  readonly mayAct: () => boolean
  /** Signs stored replies. */
  readonly signing: Signing
  /** Whether this server is closing and no longer waits for anything. */
  readonly isGivenUp: () => boolean
  /** Whether another server is gone. */
  readonly isGone: (server: string) => boolean
  /** Finds the method and decodes its arguments. If it throws, nothing has run. */
  readonly prepare: (request: Request) => Method
  /** Runs the work of a call, within the limit of `concurrency`. */
  readonly add: (request: Request, work: (run: RunMethod) => Promise<OnceOutcome>) => void
  /** Records that the call begins, for later questions about it. */
  readonly begin: (address: ReplyAddress) => void
  readonly succeeded: (value: unknown) => string
  readonly failed: (thrown: unknown) => string
  /** Answers with a stored reply. */
  readonly answer: (request: Request, reply: string) => void
  readonly fail: (request: Request, error: Error) => void
  /** Handles a request as if it had just been popped. */
  readonly again: (text: string) => void
  readonly expired: (request: Request) => void
  /** Redis's clock. */
  readonly redisNow: () => number
  readonly onError: (error: Error) => void
}

type Method = (context: ServedContext) => unknown

/** Runs a method in the context of its call. */
export type RunMethod = (method: Method) => unknown

/** How the work of a call ended: with a reply, or by waiting for another call's reply. */
export type OnceOutcome = { readonly reply: string } | { readonly wait: Waiting }

/**
 * Runs the calls that have an idempotency key: of those with the same key one runs, on any server,
 * and the others get its reply.
 *
 * A call that finds another one running waits without a place among those that run; so it holds
 * back nobody.
 */
export class OnceCalls {
  readonly #host: OnceHost
  /** Records that this server has claimed, and whose calls have not ended. */
  readonly #claims = new Map<string, string>()
  /**
   * Claims that Redis may have stored: the connection broke before it confirmed them. Nothing runs
   * under them.
   */
  readonly #doubtful = new Map<string, string>()
  /** Claims that Redis may have stored and that no call needs any more: they are being released. */
  readonly #unused = new Set<string>()
  /** Claims of servers that are gone, which calls that may run twice can take over. */
  readonly #abandoned = new Map<string, string>()
  readonly #waits: OnceWaits
  readonly #pauses: Pauses
  #lastClaim = 0
  #idle: Deferred<void> | undefined

  constructor(host: OnceHost) {
    this.#host = host
    this.#pauses = new Pauses(host.clock)
    this.#waits = new OnceWaits({
      clock: host.clock,
      redisNow: host.redisNow,
      read: (key) => host.run((redis) => readRecord(redis, key)),
      judge: (group, record) => {
        if (host.mayAct()) this.#judge(group, record)
      },
      refused: (group, error) => {
        for (const call of group.calls) this.#fail(group, call, toCallerError(error, group.key))
      },
      expired: host.expired,
      onLeft: () => this.#checkBusy(),
      onEnd: (key) => {
        if (!this.#claims.has(key)) this.#leaveDoubt(key)
      },
    })
  }

  /** How many calls wait for others. */
  get waiting(): number {
    return this.#waits.size
  }

  /** Whether calls wait for others, or claims are being released. */
  get isBusy(): boolean {
    return this.#waits.size > 0 || this.#unused.size > 0
  }

  /** The requests of the calls that wait for others. */
  get texts(): string[] {
    return [...this.#waits].map(([, { text }]) => text)
  }

  /** Handles a request with an idempotency key. */
  take(text: string, request: Request, idempotency: Idempotency): void {
    const { service, prepare, fail, add } = this.#host
    const key = onceRecord(service, idempotency.key)
    const call = { text, request, of: fingerprintOf(request) }
    let method: Method
    try {
      method = prepare(request)
    } catch (error) {
      return fail(request, error as Error)
    }
    if (this.#claims.has(key)) this.wait(call)
    else add(request, (run) => this.#attempt(key, call, idempotency.ttlMs, () => run(method)))
  }

  /** Makes a call wait for the result of the running one. */
  wait(call: Waiting): void {
    const { service, fail } = this.#host
    const key = onceRecord(service, call.request.options.idempotency?.key ?? '')
    if (this.#waits.size >= MOST_WAITING) {
      this.#leaveDoubt(key)
      return fail(call.request, new BusyError(service, 'too many calls wait for others with the same keys'))
    }
    this.#waits.add(key, call)
  }

  /** Drops waiting calls that should not be kept. */
  keep(isKept: (text: string) => boolean): void {
    for (const [group, call] of this.#waits) if (!isKept(call.text)) this.#waits.leave(group, call)
  }

  /** Fails the calls that wait, and tries nothing again. */
  giveUp(makeError: () => Error): void {
    this.#pauses.close()
    for (const [group, call] of this.#waits) this.#fail(group, call, makeError())
  }

  /** Resolves once no call waits for another one and no unused claim is left. */
  emptied(): Promise<void> {
    if (!this.isBusy) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  async #attempt(key: string, call: Waiting, ttlMs: number, run: () => unknown): Promise<OnceOutcome> {
    const by = this.#doubtful.get(key) ?? `${this.#host.id}.${++this.#lastClaim}`
    this.#claims.set(key, by)
    try {
      const found = await this.#claim(key, call, by, ttlMs)
      if (found === undefined) return { wait: call }
      if (found.of !== call.of) throw this.#conflict(call)
      if (found.reply !== '') return { reply: this.#keptReply(key, call, found) }
      if (found.by !== by) return { wait: call }
      if (!this.#host.mayAct() || this.#host.isGivenUp()) {
        await this.#host.run((redis) => releaseRecord(redis, key, by)).catch(() => this.#doubtful.set(key, by))
        return { wait: call }
      }
      this.#host.begin(call.request.address)
      const reply = await this.#reply(run)
      // The server closes without waiting for it: a repeated call learns that it may have run.
      if (this.#host.isGivenUp()) return { reply }
      const kept = this.#host.signing.sign(listOfKept(key, call.of), reply)
      return (await this.#finish(key, { of: call.of, by, reply: kept }, ttlMs)) ? { reply } : { wait: call }
    } catch (thrown) {
      if (!(thrown instanceof NotRun)) throw thrown
      void this.#giveUpClaim(key, by)
      throw thrown.reason
    } finally {
      this.#claims.delete(key)
      this.#waits.hurry(key)
    }
  }

  /**
   * Claims the record and returns its content; undefined: unknown.
   * @throws ConnectionError when Redis refuses
   */
  async #claim(key: string, call: Waiting, by: string, ttlMs: number): Promise<OnceRecord | undefined> {
    const abandoned = mayRunTwice(call) ? this.#abandoned.get(key) : undefined
    try {
      const found = await this.#host.run((redis) => claimRecord(redis, key, { of: call.of, by, ttlMs, abandoned }))
      this.#doubtful.delete(key)
      this.#abandoned.delete(key)
      return found
    } catch (error) {
      if (isRefused(error)) {
        this.#leaveDoubt(key)
        throw toCallerError(error, `the claim of ${key}`)
      }
      this.#doubtful.set(key, by)
      return undefined
    }
  }

  /** The stored reply is what the method returns or throws. @throws NotRun */
  async #reply(run: () => unknown): Promise<string> {
    try {
      return this.#host.succeeded(await run())
    } catch (thrown) {
      if (thrown instanceof NotRun) throw thrown
      // The caller may try again with other arguments.
      if (thrown instanceof ValidationError && thrown.on === 'args' && !isRemote(thrown)) throw new NotRun(thrown)
      return this.#host.failed(thrown)
    }
  }

  /** Stores the reply before it is sent; false if another server has taken the call over. */
  async #finish(key: string, record: OnceRecord, ttlMs: number): Promise<boolean> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#host.isGivenUp(); pauseMs = longer(pauseMs)) {
      try {
        return await this.#host.run((redis) => finishRecord(redis, key, record, ttlMs))
      } catch (error) {
        if (isRefused(error)) {
          this.#host.onError(toCallerError(error, `the result of ${key}, which is not kept`))
          return true
        }
      }
      await this.#pauses.wait(pauseMs)
    }
    return true
  }

  /** @throws ProtocolError when its signature is wrong */
  #keptReply(key: string, { request }: Waiting, { of, reply }: OnceRecord): string {
    const [accepted] = this.#host.signing.accept(listOfKept(key, of), [reply])
    if (accepted !== undefined) return accepted
    const operation = `${this.#host.service}.${request.method}`
    throw new ProtocolError(`the stored result of ${operation} for its idempotency key has a wrong signature`)
  }

  #answer(key: string, call: Waiting, record: OnceRecord): void {
    let reply: string
    try {
      reply = this.#keptReply(key, call, record)
    } catch (error) {
      return this.#host.fail(call.request, error as Error)
    }
    this.#host.answer(call.request, reply)
  }

  #judge(group: WaitingGroup, record: OnceRecord): void {
    const isClaimed = this.#claims.has(group.key)
    if (record.of === '' || record.by === this.#doubtful.get(group.key)) {
      if (!isClaimed) this.#runAgain(group, [...group.calls])
      return
    }
    for (const call of group.calls) {
      if (record.of !== call.of) this.#fail(group, call, this.#conflict(call))
      else if (record.reply !== '') {
        this.#waits.leave(group, call)
        this.#answer(group.key, call, record)
      }
    }
    if (record.reply !== '' || isClaimed || !this.#isAbandoned(record.by)) {
      group.suspect = ''
      return
    }
    // It may have stored its reply and left after the record was read: the next look will show it.
    if (group.suspect !== record.by) group.isUrgent = true
    else this.#abandon(group, record.by)
    group.suspect = record.by
  }

  /** Whether the claimed call is no longer running. */
  #isAbandoned(by: string): boolean {
    const server = serverOfClaim(by)
    return server === this.#host.id ? !this.#unused.has(by) : this.#host.isGone(server)
  }

  #abandon(group: WaitingGroup, by: string): void {
    const repeatable = [...group.calls].filter(mayRunTwice)
    for (const call of group.calls)
      if (!repeatable.includes(call))
        this.#fail(group, call, new ServerLostError(`${this.#host.service}.${call.request.method}`))
    if (this.#abandoned.size >= MOST_WAITING) this.#abandoned.clear()
    if (repeatable.length > 0) this.#abandoned.set(group.key, by)
    this.#runAgain(group, repeatable)
  }

  #runAgain(group: WaitingGroup, calls: readonly Waiting[]): void {
    for (const call of calls) this.#waits.leave(group, call)
    for (const { text } of calls) this.#host.again(text)
  }

  #fail(group: WaitingGroup, call: Waiting, error: Error): void {
    this.#waits.leave(group, call)
    this.#host.fail(call.request, error)
  }

  #checkBusy(): void {
    if (this.isBusy) return
    this.#idle?.resolve()
    this.#idle = undefined
  }

  /** An unused claim must not keep others waiting, or look like a lost call. */
  #leaveDoubt(key: string): void {
    const by = this.#doubtful.get(key)
    if (by === undefined || this.#waits.has(key)) return
    this.#doubtful.delete(key)
    void this.#giveUpClaim(key, by)
  }

  async #giveUpClaim(key: string, by: string): Promise<void> {
    const { run, isGivenUp } = this.#host
    this.#unused.add(by)
    for (let pauseMs = FIRST_PAUSE_MS; !isGivenUp(); pauseMs = longer(pauseMs)) {
      try {
        await run((redis) => releaseRecord(redis, key, by))
        break
      } catch (error) {
        if (isRefused(error)) break
      }
      await this.#pauses.wait(pauseMs)
    }
    this.#unused.delete(by)
    this.#checkBusy()
  }

  #conflict({ request }: Waiting): IdempotencyError {
    return new IdempotencyError(`${this.#host.service}.${request.method}`)
  }
}

function mayRunTwice({ request }: Waiting): boolean {
  return request.options.delivery === 'at-least-once'
}

/**
 * What a stored reply is signed for, like a message for its list, so that the result of another
 * call cannot replace it.
 */
function listOfKept(key: string, of: string): string {
  return `${key} ${of}`
}
