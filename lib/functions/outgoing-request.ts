import type { Changes, OutgoingRequest } from '../chain/outgoing.ts'
import type { CallLimits } from '../link/pending-call.ts'
import { checkMetadata, type Metadata } from '../wire/metadata.ts'

/** Sends what middleware has left of a call. */
type Send = (kw: unknown, limits: CallLimits, metadata: Metadata | undefined) => Promise<unknown>

/** A call of a function on its way through the middleware of its client. */
export class OutgoingFunctionCall implements OutgoingRequest {
  readonly kind: 'call' | 'notify'
  readonly name: string
  readonly args: readonly unknown[]
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly metadata = undefined
  readonly #send: Send

  /** @param kind `notify`: its caller waits until Redis has the request, and no longer */
  constructor(kind: 'call' | 'notify', name: string, kw: unknown, { timeoutMs, signal }: CallLimits, send: Send) {
    this.kind = kind
    this.name = name
    this.args = kw === undefined ? [] : [kw]
    this.timeoutMs = timeoutMs
    this.signal = signal
    this.#send = send
  }

  send([kw]: readonly unknown[], { timeoutMs, changedMetadata }: Changes): Promise<unknown> {
    const metadata = changedMetadata === undefined ? undefined : checkMetadata(changedMetadata)
    return this.#send(kw, { timeoutMs, signal: this.signal }, metadata)
  }
}
