import type { Outcome } from '../link/pending-call.ts'
import type { Codec } from '../wire/codec.ts'
import { decodeFailure } from '../wire/failure.ts'
import type { Reply } from '../wire/message.ts'
import type { CheckedCallOptions } from './options.ts'

/** What a client has seen since it was made. */
export interface ClientStats {
  /** Calls waiting for their answer now. */
  readonly pending: number
  /** Replies that came after their call had settled, or that nobody had asked for. */
  readonly late: number
  /** Messages on the inbox that were no replies. */
  readonly junk: number
}

/** One dialect's way to make calls. */
export interface Caller {
  readonly stats: ClientStats
  /** @throws RpcError of this library, or what the far method threw */
  call(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<unknown>
  close(): Promise<void>
}

/**
 * The value of a call's outcome, or its error thrown. It is to be called behind an `await` of the caller's own async function,
 * so that the error's stack shows who called.
 */
export function unwrap(outcome: Outcome<Reply>, codec: Codec): unknown {
  if (typeof outcome === 'function') throw outcome()
  if (outcome.failed) throw decodeFailure(outcome, codec)
  return outcome.meta === undefined ? outcome.value : codec.decode(outcome.value, outcome.meta)
}
