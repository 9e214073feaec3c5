import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { InvalidOptionError } from '../errors.ts'
import { escapeGlob } from '../link/scan-keys.ts'
import type { RedisAddress } from '../link/source.ts'
import { nonEmptyString } from '../util/options.ts'
import { slotTag } from '../wire/keys.ts'

/**
 * Every Redis key of redis-rpc, built here and nowhere else. With the prefix `redis_rpc`:
 *
 * | key | what |
 * |---|---|
 * | `redis_rpc:f1:calls` | list of requests to the function `f1` |
 * | `redis_rpc:f1:result:<call id>` | list for one result |
 * | `redis_rpc:worker:w1:alive` | `1`, with expiry: the server `w1` of the kind `worker` lives |
 */

const DEFAULT_PREFIX = 'redis_rpc'
export const DEFAULT_KIND = 'server'

/** The list of requests to a function. */
export function callsKey(prefix: string, name: string): string {
  return `${prefix}:${name}:calls`
}

/** The list for the result of one call. */
export function resultKey(prefix: string, name: string, id: string): string {
  return `${prefix}:${name}:result:${id}`
}

/** The heartbeat of a server. */
export function aliveKey(prefix: string, kind: string, id: string): string {
  return `${alivePrefix(prefix, kind)}${id}${ALIVE}`
}

/** The heartbeats of all servers of a kind, as a pattern for SCAN. */
export function alivePattern(prefix: string, kind: string): string {
  return `${escapeGlob(alivePrefix(prefix, kind))}*${ALIVE}`
}

/** The server that a heartbeat belongs to; undefined when the key is not one of this kind. */
export function serverIdOf(key: string, prefix: string, kind: string): string | undefined {
  const begin = alivePrefix(prefix, kind)
  if (!key.startsWith(begin) || !key.endsWith(ALIVE)) return undefined
  const id = key.slice(begin.length, -ALIVE.length)
  return isServerId(id) ? id : undefined
}

const ALIVE = ':alive'

function alivePrefix(prefix: string, kind: string): string {
  return `${prefix}:${kind}:`
}

/** The originals read the second-last part of the key, so an id must not contain `:`. */
function isServerId(id: string): boolean {
  return id !== '' && !id.includes(':')
}

/** @throws InvalidOptionError */
export function checkServerId(id: string | undefined): string {
  if (id === undefined) return `${hostname().replaceAll(':', '-')}-${process.pid}-${randomBytes(4).toString('hex')}`
  if (typeof id === 'string' && isServerId(id)) return id
  throw new InvalidOptionError('id', 'a string that is not empty and has no colon', id)
}

/** @throws InvalidOptionError */
export function checkPrefix(prefix: string | undefined): string {
  return nonEmptyString('prefix', prefix ?? DEFAULT_PREFIX)
}

/**
 * One pop waits on many lists, so in a Cluster they must share a slot.
 * @throws InvalidOptionError
 */
export function checkSlot(prefix: string, { isCluster }: RedisAddress): void {
  if (isCluster && slotTag(prefix) !== prefix) {
    throw new InvalidOptionError(
      'prefix',
      'a string with a {hash tag} in a cluster, so that its keys share a slot',
      prefix,
    )
  }
}
