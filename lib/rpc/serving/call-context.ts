import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { Request } from '../../wire/message.ts'

/** The context of a call, for the method that it runs. */
export interface CallContext {
  /**
   * Fires when the caller aborts the call, at the deadline, and when the server closes before the method
   * has ended.
   */
  readonly signal: AbortSignal
  /** When the caller stops waiting, in ms since 1970 on this machine's clock; undefined: never. */
  readonly deadline: number | undefined
  /** The strings that the caller sent with the call. */
  readonly metadata: Readonly<Record<string, string>>
  /** The caller's reply list, which identifies the caller; empty if there is none. */
  readonly caller: string
  /** 1, or more if the call was sent again. */
  readonly attempt: number
  readonly service: string
  readonly method: string
}

const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({})

/** What has a context, created when it is first read. */
export interface HasContext {
  readonly context: ServedContext
}

/**
 * The context of one call. Everything is created lazily. It uses `private` fields, which are set at
 * once, while `#private` ones are added one by one.
 */
export class ServedContext implements CallContext {
  readonly service: string
  readonly deadline: number | undefined
  private readonly request: Request
  private readonly clock: Clock
  private controller: AbortController | undefined
  private timer: ClockTimer | undefined
  private reason: unknown
  /** The method has ended; streams that it returned may continue. */
  private hasEnded = false
  private isOver = false
  private streams = 0

  /** @param deadline on `clock` */
  constructor(service: string, request: Request, deadline: number | undefined, clock: Clock) {
    this.service = service
    this.deadline = deadline
    this.request = request
    this.clock = clock
    this.controller = undefined
    this.timer = undefined
    this.reason = undefined
  }

  get method(): string {
    return this.request.method
  }

  get metadata(): Readonly<Record<string, string>> {
    return metadataOf(this.request)
  }

  get caller(): string {
    return this.request.address.list
  }

  get attempt(): number {
    return this.request.options.attempt ?? 1
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.reason !== undefined) this.controller.abort(this.reason)
      else if (this.deadline !== undefined && !this.hasEnded) {
        const leftMs = this.deadline - this.clock.now()
        // It may be read for the first time, and once, after a long piece of work.
        if (leftMs <= 0) this.abort(timedOut())
        else this.timer = this.clock.setTimer(() => this.abort(timedOut()), leftMs)
      }
    }
    return this.controller.signal
  }

  /** Throws the reason of the signal if the call should stop. */
  throwIfStopped(): void {
    if (this.reason !== undefined) throw this.reason
    if (this.deadline !== undefined && this.clock.now() >= this.deadline) throw timedOut()
  }

  /** The call should stop. */
  abort(reason: unknown): void {
    if (this.isOver || this.reason !== undefined) return
    this.reason = reason
    this.clock.clearTimer(this.timer)
    this.controller?.abort(reason)
  }

  /** The method has ended. */
  end(): void {
    this.hasEnded = true
    this.isOver = this.streams === 0
    this.clock.clearTimer(this.timer)
  }

  /** The method returned a stream: the signal may fire until that ends. */
  streamBegins(): void {
    this.streams++
  }

  /** @param reason why it is no longer read; undefined: it ended by itself */
  streamEnds(reason: unknown): void {
    if (--this.streams > 0) return
    if (reason !== undefined) this.abort(reason)
    this.isOver = this.hasEnded
  }
}

/** The metadata of a request, frozen. */
export function metadataOf({ options }: Request): Readonly<Record<string, string>> {
  return options.metadata === undefined ? NO_METADATA : Object.freeze(options.metadata)
}

function timedOut(): DOMException {
  return new DOMException('the deadline of the call has passed', 'TimeoutError')
}

/**
 * Runs a method with access to its context; set by `redis-object-rpc/context` when that is
 * imported.
 */
export const contextHook: {
  /** Whether calls may need their contexts. */
  isOn: boolean
  run: (<T>(context: CallContext, method: () => T) => T) | undefined
  /** The call whose result is being encoded: a stream in the result belongs to that call. */
  current: HasContext | undefined
} = { isOn: false, run: undefined, current: undefined }

/** Every call can have a context from now on, because other code than the method uses it. */
export function wantContexts(): void {
  contextHook.isOn = true
}
