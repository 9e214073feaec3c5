import { ConnectionError, type DeliveryError, DeliveryUnknownError } from '../errors.ts'

/** What a rejected Redis command means for the one who sent it. */
export type RedisFailure =
  /** The server cannot take it now and has not run it: try again soon. */
  | 'busy'
  /** It was not run, and this connection is no longer the one to use (its server became a replica): connect afresh. */
  | 'moved'
  /** It has no such command. */
  | 'unsupported'
  /** It refused for good: wrong type, no permission. */
  | 'refused'
  /** The connection broke first: whether it ran is not known. */
  | 'lost'

/**
 * How the errors begin by which Redis says that it took nothing, while it may do so soon. Out of memory is one of them also from a
 * script: Redis refuses only the script's first write, since it cannot stop a script that has written.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
const BUSY =
  /^(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|TRYAGAIN|Too many Cluster redirections\.) |^ERR max number of clients/
/** ioredis's own, for a command that it never wrote because the connection has just ended. */
const UNSENT = /^(Stream isn't writeable|Cluster is ended\.|None of startup nodes is available)/
/** How errors of Redis begin. Those of ioredis 5 have the name of their class, which a minifier changes. */
const REPLY = /^[A-Z][A-Z\d_]+ /
const MOVED = /^(READONLY|UNBLOCKED) /

/** Reads an error that an ioredis command was rejected with. */
export function readFailure(error: unknown): RedisFailure {
  const words = wordsOf(error)
  if (BUSY.test(words) || UNSENT.test(words)) return 'busy'
  if (MOVED.test(words)) return 'moved'
  if (/^ERR unknown command/i.test(words)) return 'unsupported'
  return error instanceof Error && (error.name === 'ReplyError' || REPLY.test(words)) ? 'refused' : 'lost'
}

/** Redis's own words for why it refused, in whatever it wraps them. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { previousErrors } = error as { previousErrors?: readonly unknown[] }
  // A transaction that was discarded ran nothing, and names the command that was refused, or why EXEC was.
  const [refused] = error.message.startsWith('EXECABORT') ? (previousErrors ?? []) : []
  const words = refused instanceof Error ? refused.message : error.message
  return words
    .replace(/^EXECABORT Transaction discarded because of: /, '')
    .replace(/^ERR Error running script \(call to \w+\): @user_script: ?\d+: (@user_script: ?\d+: )?-/, '') // before Redis 7
}

/** The error for a caller whose command failed for good. */
export function toCallerError(error: unknown, what: string): DeliveryError {
  if (readFailure(error) === 'lost') {
    return new DeliveryUnknownError(`${what}: the connection to Redis was lost before it confirmed`, { cause: error })
  }
  return new ConnectionError(`${what}: Redis refused: ${messageOf(error)}`, { cause: error })
}

/** The words of an error for people, with advice where Redis's own say little. */
export function messageOf(error: unknown): string {
  const message = wordsOf(error)
  const [, address] = /^MOVED \d+ (\S+)/.exec(message) ?? []
  if (address === undefined) return message
  return `${message} (it is a node of a Redis Cluster: use redis-cluster://${address}, more nodes after commas)`
}

/** The same failure for one more caller: one lost batch fails many calls, and each error has the stack of its own caller. */
export function sameFor(error: DeliveryError): DeliveryError {
  const Again = error.constructor as new (message: string, options: ErrorOptions) => DeliveryError
  return new Again(error.message, { cause: error.cause ?? error })
}
