import { ConnectionError, type DeliveryError, DeliveryUnknownError } from '../errors.ts'

/** What a rejected Redis command means for the one who sent it. */
export type RedisFailure =
  /** The server cannot take it now and has not run it: try again soon. */
  | 'busy'
  /** This server is no longer the one to talk to (it became a replica): connect afresh. */
  | 'moved'
  /** It has no such command. */
  | 'unsupported'
  /** It refused for good: wrong type, no permission, out of memory. */
  | 'refused'
  /** The connection broke first: whether it ran is not known. */
  | 'lost'

const BUSY = /^(LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|BUSY|NOREPLICAS) /
const MOVED = /^(READONLY|UNBLOCKED) /

/** Reads an error that an ioredis command was rejected with. */
export function readFailure(error: unknown): RedisFailure {
  const message = error instanceof Error ? error.message : String(error)
  if (BUSY.test(message)) return 'busy'
  if (MOVED.test(message)) return 'moved'
  if (/^ERR unknown command/i.test(message)) return 'unsupported'
  return error instanceof Error && error.name === 'ReplyError' ? 'refused' : 'lost'
}

/** The error for a caller whose command failed for good. */
export function toCallerError(error: unknown, what: string): DeliveryError {
  if (readFailure(error) === 'lost') {
    return new DeliveryUnknownError(`${what}: the connection to Redis was lost before it confirmed`, { cause: error })
  }
  return new ConnectionError(`${what}: Redis refused: ${(error as Error).message}`, { cause: error })
}
