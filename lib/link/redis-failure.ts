import { ConnectionError, type DeliveryError, DeliveryUnknownError } from '../errors.ts'

/** What a rejected Redis command means for the one who sent it. */
export type RedisFailure =
  /** The server cannot take it now and has not run it: try again soon. */
  | 'busy'
  /** It was not run, and this connection is no longer the one to use (its server became a replica): connect afresh. */
  | 'moved'
  /** It has no such command. */
  | 'unsupported'
  /** It refused for good: wrong type, no permission, out of memory. */
  | 'refused'
  /** The connection broke first: whether it ran is not known. */
  | 'lost'

const BUSY = /^(LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|BUSY|NOREPLICAS|Too many Cluster redirections\.) /
/** ioredis's own, for a command that it never wrote because the connection has just ended. */
const UNSENT = /^Stream isn't writeable/
const MOVED = /^(READONLY|UNBLOCKED) /

/** Reads an error that an ioredis command was rejected with. */
export function readFailure(error: unknown): RedisFailure {
  const reason = reasonOf(error)
  const message = reason instanceof Error ? reason.message : String(reason)
  if (BUSY.test(message) || UNSENT.test(message)) return 'busy'
  if (MOVED.test(message)) return 'moved'
  if (/^ERR unknown command/i.test(message)) return 'unsupported'
  return reason instanceof Error && reason.name === 'ReplyError' ? 'refused' : 'lost'
}

/** A transaction that was discarded ran nothing, and says why in the error of the command that was refused. */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith('EXECABORT')) return error
  const { previousErrors } = error as { previousErrors?: readonly unknown[] }
  return previousErrors?.[0] ?? error
}

/** The error for a caller whose command failed for good. */
export function toCallerError(error: unknown, what: string): DeliveryError {
  if (readFailure(error) === 'lost') {
    return new DeliveryUnknownError(`${what}: the connection to Redis was lost before it confirmed`, { cause: error })
  }
  return new ConnectionError(`${what}: Redis refused: ${(reasonOf(error) as Error).message}`, { cause: error })
}

/** The same failure for one more caller: one lost batch fails many calls, and each error has the stack of its own caller. */
export function sameFor(error: DeliveryError): DeliveryError {
  const Again = error.constructor as new (message: string, options: ErrorOptions) => DeliveryError
  return new Again(error.message, { cause: error.cause ?? error })
}
