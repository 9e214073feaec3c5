import { BusyError, IdempotencyError, ProtocolError, ServerLostError, ValidationError } from '../../errors.ts'
import { toCallerError } from '../../link/redis-failure.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { isRemote } from '../../wire/failure.ts'
import { onceRecord } from '../../wire/keys.ts'
import type { Idempotency, ReplyAddress, Request } from '../../wire/message.ts'
import type { ServedContext } from '../serving/call-context.ts'
import type { Signing } from '../signing.ts'
import { Claims, type ClaimsHost } from './claims.ts'
import { NotRun } from './not-run.ts'
import { OnceWaits, type WaitingCall, type WaitingGroup } from './once-waits.ts'
import { fingerprintOf, type OnceRecord, readRecord } from './record.ts'

/**
 * How many calls may wait for others with the same key; they do not count towards `concurrency`.
 */
const MOST_WAITING = 1_000

export interface OnceHost extends ClaimsHost {
  readonly service: string
  /** Whether calls may be begun and answered now. */
  readonly mayAct: () => boolean
  /** Signs stored replies. */
  readonly signing: Signing
  /** Finds the method and decodes its arguments. If it throws, nothing has run. */
  readonly prepare: (request: Request) => PreparedMethod
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
}

type PreparedMethod = (context: ServedContext) => unknown

/** Runs a method in the context of its call. */
export type RunMethod = (method: PreparedMethod) => unknown

/** How the work of a call ended: with a reply, or by waiting for another call's reply. */
export type OnceOutcome = { readonly reply: string } | { readonly wait: WaitingCall }

/**
 * Runs the calls that have an idempotency key: of those with the same key one runs, on any server,
 * and the others get its reply.
 *
 * A call that finds another one running waits without a place among those that run; so it holds
 * back nobody.
 */
export class OnceCalls {
  readonly #host: OnceHost
  readonly #claims: Claims
  readonly #waits: OnceWaits
  #idle: Deferred<void> | undefined

  constructor(host: OnceHost) {
    this.#host = host
    this.#claims = new Claims(
      host,
      (key) => this.#waits.has(key),
      () => this.#checkBusy(),
    )
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
        if (!this.#claims.has(key)) this.#claims.leaveDoubt(key)
      },
    })
  }

  /** How many calls wait for others. */
  get waiting(): number {
    return this.#waits.size
  }

  /** Whether calls wait for others, or claims are being released. */
  get isBusy(): boolean {
    return this.#waits.size > 0 || this.#claims.isReleasing
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
    let method: PreparedMethod
    try {
      method = prepare(request)
    } catch (error) {
      return fail(request, error as Error)
    }
    if (this.#claims.has(key)) this.wait(call)
    else add(request, (run) => this.#attempt(key, call, idempotency.ttlMs, () => run(method)))
  }

  /** Makes a call wait for the result of the running one. */
  wait(call: WaitingCall): void {
    const { service, fail } = this.#host
    const key = onceRecord(service, call.request.options.idempotency?.key ?? '')
    if (this.#waits.size >= MOST_WAITING) {
      this.#claims.leaveDoubt(key)
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
    this.#claims.close()
    for (const [group, call] of this.#waits) this.#fail(group, call, makeError())
  }

  /** Resolves once no call waits for another one and no unused claim is left. */
  emptied(): Promise<void> {
    if (!this.isBusy) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  async #attempt(key: string, call: WaitingCall, ttlMs: number, run: () => unknown): Promise<OnceOutcome> {
    const claims = this.#claims
    const by = claims.begin(key)
    try {
      const found = await claims.claim(key, by, { of: call.of, ttlMs, mayRunTwice: mayRunTwice(call) })
      if (found === undefined) return { wait: call }
      if (found.of !== call.of) throw this.#conflict(call)
      if (found.reply !== '') return { reply: this.#keptReply(key, call, found) }
      if (found.by !== by) return { wait: call }
      if (!this.#host.mayAct() || this.#host.isGivenUp()) {
        await claims.release(key, by)
        return { wait: call }
      }
      this.#host.begin(call.request.address)
      const reply = await this.#reply(run)
      // The server closes without waiting for it: a repeated call learns that it may have run.
      if (this.#host.isGivenUp()) return { reply }
      const kept = this.#host.signing.sign(listOfKept(key, call.of), reply)
      return (await claims.finish(key, { of: call.of, by, reply: kept }, ttlMs)) ? { reply } : { wait: call }
    } catch (thrown) {
      if (!(thrown instanceof NotRun)) throw thrown
      void claims.giveUp(key, by)
      throw thrown.reason
    } finally {
      claims.end(key)
      this.#waits.hurry(key)
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

  /** @throws ProtocolError when its signature is wrong */
  #keptReply(key: string, { request }: WaitingCall, { of, reply }: OnceRecord): string {
    const [accepted] = this.#host.signing.accept(listOfKept(key, of), [reply])
    if (accepted !== undefined) return accepted
    const operation = `${this.#host.service}.${request.method}`
    throw new ProtocolError(`the stored result of ${operation} for its idempotency key has a wrong signature`)
  }

  #answer(key: string, call: WaitingCall, record: OnceRecord): void {
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
    if (record.of === '' || this.#claims.isDoubtful(group.key, record.by)) {
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
    if (record.reply !== '' || isClaimed || !this.#claims.isAbandoned(record.by)) {
      group.suspect = ''
      return
    }
    // It may have stored its reply and left after the record was read: the next look will show it.
    if (group.suspect !== record.by) group.isUrgent = true
    else this.#abandon(group, record.by)
    group.suspect = record.by
  }

  #abandon(group: WaitingGroup, by: string): void {
    const repeatable = [...group.calls].filter(mayRunTwice)
    for (const call of group.calls)
      if (!repeatable.includes(call))
        this.#fail(group, call, new ServerLostError(`${this.#host.service}.${call.request.method}`))
    if (repeatable.length > 0) this.#claims.abandon(group.key, by)
    this.#runAgain(group, repeatable)
  }

  #runAgain(group: WaitingGroup, calls: readonly WaitingCall[]): void {
    for (const call of calls) this.#waits.leave(group, call)
    for (const { text } of calls) this.#host.again(text)
  }

  #fail(group: WaitingGroup, call: WaitingCall, error: Error): void {
    this.#waits.leave(group, call)
    this.#host.fail(call.request, error)
  }

  #checkBusy(): void {
    if (this.isBusy) return
    this.#idle?.resolve()
    this.#idle = undefined
  }

  #conflict({ request }: WaitingCall): IdempotencyError {
    return new IdempotencyError(`${this.#host.service}.${request.method}`)
  }
}

function mayRunTwice({ request }: WaitingCall): boolean {
  return request.options.delivery === 'at-least-once'
}

/**
 * What a stored reply is signed for, like a message for its list, so that the result of another
 * call cannot replace it.
 */
function listOfKept(key: string, of: string): string {
  return `${key} ${of}`
}
