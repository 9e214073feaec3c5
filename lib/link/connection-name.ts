/** Names of services may have any length, but people read CLIENT LIST. */
const LONGEST = 128

/** The name of a connection in Redis, such as `redis-object-rpc:calc:server`. */
export function connectionName(name: string, role: string): string {
  return validName(`redis-object-rpc:${name.slice(0, LONGEST)}:${role}`)
}

/**
 * Replaces characters that Redis refuses in a name: spaces, line breaks, everything that is not
 * ASCII.
 * @see https://redis.io/docs/latest/commands/client-setname/
 */
export function validName(name: string): string {
  // A lone half of a character has no code.
  return Buffer.from(name)
    .toString()
    .replace(/[^!-~]+/g, encodeURIComponent)
}
