/** Names of services may have any length; CLIENT LIST is read by people. */
const LONGEST = 128

/** What Redis shows of a connection, such as `redis-object-rpc:calc:server`. */
export function connectionName(name: string, role: string): string {
  return validName(`redis-object-rpc:${name.slice(0, LONGEST)}:${role}`)
}

/**
 * A name without what Redis refuses in it: blanks, line ends, all that is not ASCII.
 * @see https://redis.io/docs/latest/commands/client-setname/
 */
export function validName(name: string): string {
  // A lone half of a character has no code.
  return Buffer.from(name)
    .toString()
    .replace(/[^!-~]+/g, encodeURIComponent)
}
