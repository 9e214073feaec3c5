import type { RedisOptions } from 'ioredis'
import { InvalidOptionError } from '../errors.ts'
import { isPlainObject } from '../util/is-object.ts'

/** Options whose types are not the same in ioredis 5, ioredis 6 and iovalkey. */
type Varying = 'Connector' | 'preferredSlaves'

/** ioredis options, and a URL that takes precedence over those it also says. */
export interface GivenOptions extends Omit<RedisOptions, Varying>, Partial<Readonly<Record<Varying, unknown>>> {
  readonly url?: string | URL | undefined
}

const ACCEPTED = 'a URL, ioredis options, or a client of ioredis or iovalkey'

/** A non-empty object without any of these is not accepted as options. */
const TELLING = [
  ...[
    'Connector',
    'connectTimeout',
    'connectionName',
    'db',
    'enableOfflineQueue',
    'enableReadyCheck',
    'family',
    'host',
  ],
  ...[
    'keepAlive',
    'keyPrefix',
    'lazyConnect',
    'maxRetriesPerRequest',
    'natMap',
    'password',
    'path',
    'port',
    'protocol',
  ],
  ...['reconnectOnError', 'retryStrategy', 'sentinels', 'tls', 'url', 'username'],
]

/** Option names of other clients. They would be ignored, and localhost would be used. */
const FOREIGN: readonly (readonly [theirs: string, ours: string])[] = [
  ['connectionString', 'url'],
  ['hostname', 'host'],
  ['rootNodes', 'url (redis-cluster://h1,h2)'],
  ['socket', 'host, port and tls'],
  ['uri', 'url'],
]

/**
 * Reads options, including getters and inherited ones. An object without any options is refused,
 * because ioredis would connect to localhost.
 * @throws InvalidOptionError
 */
export function readOptions(given: object): GivenOptions {
  const options = collect(given)
  for (const [theirs, ours] of FOREIGN) {
    if (theirs in options) refuse(given, `the option is ${ours}, not ${theirs}`)
  }
  if ('url' in options && !options.url) refuse(given, 'its url is empty')
  const isPlain = Object.keys(options).length === 0 && isPlainObject(given)
  if (!isPlain && !TELLING.some((name) => name in options)) refuse(given)
  return { ...options, ...databaseOf(given, options.db) }
}

/** @throws InvalidOptionError */
export function refuse(given: unknown, problem = `this is ${kindOf(given)}`): never {
  throw new InvalidOptionError('redis', `${ACCEPTED} (${problem})`, given)
}

function collect(given: object): Record<string, unknown> {
  const options: Record<string, unknown> = Object.create(null)
  // Up to Object.prototype, of whatever realm.
  for (
    let owner = given;
    owner !== null && !Object.hasOwn(owner, 'isPrototypeOf');
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const name of Object.getOwnPropertyNames(owner)) {
      if (name === 'constructor' || name in options) continue
      const value: unknown = Reflect.get(given, name)
      const isMethod = owner !== given && typeof value === 'function'
      if (!isMethod) options[name] = value
    }
  }
  return options
}

/** ioredis treats anything that is not a number as database 0. */
function databaseOf(given: object, db: unknown): { db?: number } {
  if (db === undefined) return {}
  if (db === null) return { db: 0 }
  const number = typeof db === 'string' && /^\d+$/.test(db) ? Number(db) : db
  if (!Number.isSafeInteger(number) || (number as number) < 0) refuse(given, 'its db is no whole number')
  return { db: number as number }
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value !== 'object') return typeof value === 'function' ? 'a function' : `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  const { then, isOpen, commandOptions, sendCommand } = value as Record<string, unknown>
  if (typeof then === 'function') return 'a promise, which has to be awaited'
  const isNodeRedis = typeof sendCommand === 'function' && (typeof isOpen === 'boolean' || commandOptions !== undefined)
  if (isNodeRedis) return 'a client of node-redis'
  const { name } = (value as { constructor?: { name?: unknown } }).constructor ?? {}
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object without them'
}
