import { BusyError, isRpcError } from '../../errors.ts'
import { systemClock } from '../../util/clock.ts'
import { elapsedMs } from '../../util/timers.ts'
import { askedMember } from '../../wire/asked-member.ts'
import { isRemote } from '../../wire/failure.ts'
import type { Request } from '../../wire/message.ts'
import { callerReport, cut, thrownReport } from '../meter/error-report.ts'
import { LONGEST_TEXTS } from '../meter/server-report.ts'
import type { CallFilter, CallRecord } from './call-record.ts'
import { CallWatch, type EndedCall } from './call-watch.ts'

/** How many watchers a server has at most. */
export const MOST_WATCHES = 32

/** All watchers of a server's calls. */
export class CallWatches {
  readonly #service: string
  readonly #server: string
  readonly #open = new Set<CallWatch>()
  #hasEnded = false

  /** @param server its id */
  constructor(service: string, server: string) {
    this.#service = service
    this.#server = server
  }

  /** Whether there are no watchers. Checked for every call. */
  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /**
   * Watches the calls that end after the start of the iteration.
   * @throws BusyError when there are too many watchers
   */
  watch(filter: CallFilter): WatchedCalls {
    if (this.#open.size >= MOST_WATCHES) throw new BusyError(this.#service, `it has ${MOST_WATCHES} watchers already`)
    return new WatchedCalls(() => this.#begin(filter))
  }

  succeeded(request: Request): void {
    this.#show(request, 'ok', durationOf(request), undefined)
  }

  failed(request: Request, thrown: unknown): void {
    this.#show(request, isRefusal(request, thrown) ? 'refused' : 'error', durationOf(request), thrown)
  }

  expired(request: Request): void {
    this.#show(request, 'expired', 0, undefined)
  }

  /** The server closes: watchers get their unread records and then end. */
  end(): void {
    this.#hasEnded = true
    for (const watch of this.#open) watch.end()
  }

  /** Resolves once all watchers have read their records; call it after {@link end}. */
  async read(): Promise<void> {
    await Promise.all([...this.#open].map((watch) => watch.read))
  }

  #begin(filter: CallFilter): CallWatch {
    const watch = new CallWatch(filter, () => this.#open.delete(watch))
    this.#open.add(watch)
    if (this.#hasEnded) watch.end()
    return watch
  }

  #show(request: Request, outcome: CallRecord['outcome'], durationMs: number, thrown: unknown): void {
    const called = calledBy(request)
    // A watch may keep the last call for long; its arguments must not stay with it.
    const { address, options } = request
    const ended = { outcome, durationMs, at: systemClock.now() }
    const call: EndedCall = {
      ...ended,
      method: called.method,
      record: () => this.#record({ address, options }, called, ended, thrown),
    }
    for (const watch of this.#open) watch.take(call)
  }

  #record(
    request: Pick<Request, 'address' | 'options'>,
    called: Called,
    { at, outcome, durationMs }: Pick<CallRecord, 'at' | 'outcome' | 'durationMs'>,
    thrown: unknown,
  ): Omit<CallRecord, 'sampled'> {
    const { caller, traceparent } = callerReport(request)
    return {
      at,
      server: this.#server,
      method: called.method,
      access: called.access,
      kind: called.kind,
      caller,
      durationMs,
      outcome,
      ...((outcome === 'error' || outcome === 'refused') && { error: thrownReport(thrown) }),
      ...(traceparent !== undefined && { traceparent }),
    }
  }
}

/** The calls that a server shows to one watcher, as a stream that the server lends. */
export class WatchedCalls implements AsyncIterable<CallRecord> {
  readonly #begin: () => CallWatch

  constructor(begin: () => CallWatch) {
    this.#begin = begin
  }

  [Symbol.asyncIterator](): CallWatch {
    return this.#begin()
  }
}

const REFUSALS: readonly string[] = ['ERR_BUSY', 'ERR_CLOSED']

/**
 * Whether this server has refused a call. A method may have thrown such an error of another service,
 * which is kept for the later callers with the same idempotency key; their calls are not refused.
 */
function isRefusal({ began }: Request, thrown: unknown): boolean {
  return began === 0 && isRpcError(thrown) && REFUSALS.includes(thrown.code) && !isRemote(thrown)
}

function durationOf({ began }: Request): number {
  return began === 0 ? 0 : elapsedMs() - began
}

type Called = Pick<CallRecord, 'method' | 'access' | 'kind'>

function calledBy({ method: name, args, on, options }: Request): Called {
  const { method: asked, access } = askedMember(name, args)
  const method = cut(asked, LONGEST_TEXTS.message)
  return { method, access, kind: on !== undefined ? 'callback' : options.notify === true ? 'notify' : 'call' }
}
