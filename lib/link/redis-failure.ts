import { ConnectionError, type DeliveryError, DeliveryUnknownError } from '../errors.ts'

/** What a rejected Redis command means for its sender. */
export type RedisFailure =
  /** The server cannot take it now and has not run it: try again soon. */
  | 'busy'
  /**
   * It was not run, and this connection must no longer be used (its server became a replica):
   * reconnect.
   */
  | 'moved'
  /** It has no such command. */
  | 'unsupported'
  /** It refused permanently: wrong type, no permission. */
  | 'refused'
  /** The connection broke first: it is unknown whether it ran. */
  | 'lost'

/**
 * Prefixes of errors for temporary refusals, after which nothing was done. This includes out of
 * memory in a script: Redis refuses only the script's first write, since it cannot stop a script
 * that has written.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
const BUSY =
  /^(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|TRYAGAIN|Too many Cluster redirections\.) |^ERR max number of clients/
/** Errors of ioredis for a command that it never wrote because the connection had just ended. */
const UNSENT = /^(Stream isn't writeable|Cluster is ended\.|None of startup nodes is available)/
/**
 * Matches error replies of Redis. ioredis 5 marks them only by their class name, which a minifier
 * changes.
 */
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

/** Whether Redis has refused a command that it will not run later either. */
export function isPermanent(failure: RedisFailure): boolean {
  return failure === 'refused' || failure === 'unsupported'
}

/** Redis's own message for a refusal, unwrapped. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { previousErrors } = error as { previousErrors?: readonly unknown[] }
  // A discarded transaction ran nothing, and contains the error of the refused command or of EXEC.
  const [refused] = error.message.startsWith('EXECABORT') ? (previousErrors ?? []) : []
  const words = refused instanceof Error ? refused.message : error.message
  return words
    .replace(/^EXECABORT Transaction discarded because of: /, '')
    .replace(/^ERR Error running script \(call to \w+\): @user_script: ?\d+: (@user_script: ?\d+: )?-/, '') // before Redis 7
}

/** The error for a caller whose command failed permanently. */
export function toCallerError(error: unknown, what: string): DeliveryError {
  if (readFailure(error) === 'lost') {
    return new DeliveryUnknownError(`${what}: the connection to Redis was lost before it confirmed`, { cause: error })
  }
  return new ConnectionError(`${what}: Redis refused: ${messageOf(error)}`, { cause: error })
}

/** The message of an error, with advice if Redis's own message says little. */
export function messageOf(error: unknown): string {
  const message = wordsOf(error)
  const [, address] = /^MOVED \d+ (\S+)/.exec(message) ?? []
  if (address === undefined) return message
  return `${message} (it is a node of a Redis Cluster: use redis-cluster://${address}, more nodes after commas)`
}

/**
 * The same failure for one more caller: one lost batch fails many calls, and each error has the
 * stack of its own caller.
 */
export function sameFor(error: DeliveryError): DeliveryError {
  const Again = error.constructor as new (message: string, options: ErrorOptions) => DeliveryError
  return new Again(error.message, { cause: error.cause ?? error })
}
