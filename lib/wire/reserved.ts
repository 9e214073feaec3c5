/** The built-in methods, whose names begin with `rpc.`. */

/** Names with this prefix are built in, never methods of the served object. */
export const RESERVED_PREFIX = 'rpc.'
/** Every server of this library answers it with null. */
export const PING: string = `${RESERVED_PREFIX}ping`
/** Asks one server what became of calls; see `rpc/fate/answer.ts`. */
export const ASK: string = `${RESERVED_PREFIX}ask`
/** One server makes itself known to another. */
export const HELLO: string = `${RESERVED_PREFIX}hello`
/** A caller has cancelled calls. */
export const CANCEL: string = `${RESERVED_PREFIX}cancel`
/** Returns loans: the borrower's list, and the numbers of the loans. */
export const RELEASE: string = `${RESERVED_PREFIX}release`
/**
 * An endpoint closes, or takes the other one for dead: it has released all that the two have lent
 * each other. Its list.
 */
export const GOODBYE: string = `${RESERVED_PREFIX}goodbye`
/** A server describes itself; see `rpc/presence/server-info.ts`. */
export const INFO: string = `${RESERVED_PREFIX}info`
/** A server says what it has measured; see `rpc/meter/server-report.ts`. */
export const STATS: string = `${RESERVED_PREFIX}stats`
/** A server streams the calls that end; see `rpc/watch`. */
export const WATCH: string = `${RESERVED_PREFIX}watch`
/** Reads a property of the served object; see `wire/property-answer.ts`. */
export const GET: string = `${RESERVED_PREFIX}get`
/** Writes one. */
export const SET: string = `${RESERVED_PREFIX}set`
/** Runs several calls; later ones may use the results of earlier ones; see `server/pipeline`. */
export const PIPE: string = `${RESERVED_PREFIX}pipe`

/** Waits for something that was lent to fire: it is a signal. */
export const WAIT: string = `${RESERVED_PREFIX}wait`
/** Asks what was lent for the next items: it is a stream. */
export const NEXT: string = `${RESERVED_PREFIX}next`
/** Ends a stream that was lent. */
export const RETURN: string = `${RESERVED_PREFIX}return`

/** What begins as this library's own methods do, but is a call as any other. */
export const RESERVED_CALLS: readonly string[] = [GET, SET, PIPE]

/**
 * Whether a method is this library's own. To read or write a property, or to run a pipeline, is a
 * call as any other.
 */
export function isBuiltin(method: string): boolean {
  return method.startsWith(RESERVED_PREFIX) && !RESERVED_CALLS.includes(method)
}
