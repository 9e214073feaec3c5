import { ClosedError, isRpcError } from '../errors.ts'
import { slotTag } from '../wire/keys.ts'
import type { Inlet } from './inlets.ts'
import { Link } from './link.ts'
import type { CallEndOptions } from './options.ts'
import { toCallerError } from './redis-failure.ts'
import { checkSource, type RedisAddress, type RedisLife, type RedisSource } from './source.ts'

/** A link, and whether it is its user's own, to be closed with it. */
export interface LinkUse {
  readonly link: Link
  readonly isOwn: boolean
}

/** Where an end of a service gets its link. */
export interface Links {
  /** Whether the lists of one service must share a slot, since one link reads them all. */
  readonly shareSlot: boolean
  /**
   * Gives the link to read an inlet through.
   * @param home a key whose slot the inlet's lists are in, and which errors name
   * @param target the list that messages are pushed to which must not be lost or doubled
   */
  use(inlet: Inlet, home: string, target: string): LinkUse
}

const pools = new WeakMap<SharedConnections, LinkPool>()

/**
 * One pair of connections for several clients and servers; in a Cluster a pair for each slot in use.
 * @see RedisRPC
 */
export abstract class SharedConnections {
  /**
   * @param settings of the connections; those of the ends that share them do not count
   * @param role which their names show
   */
  constructor(redis: RedisSource, settings: Required<CallEndOptions>, role = 'shared') {
    pools.set(this, new LinkPool(checkSource(redis, '', role), settings))
  }

  /** Disconnects. */
  protected disconnect(): Promise<void> {
    return pools.get(this)?.close() ?? Promise.resolve()
  }
}

/**
 * Runs commands on any of the shared connections.
 * @param key where there are none yet, they are made for the slot of this key
 * @param what is done, for errors
 * @throws ConnectionError, ClosedError, DeliveryUnknownError
 */
export async function runShared<T>(
  connections: SharedConnections,
  key: string,
  what: string,
  commands: (redis: RedisLife, redisNow: () => number) => Promise<T>,
): Promise<T> {
  const link = pools.get(connections)?.any(key)
  if (link === undefined) throw new ClosedError('the connections are closed')
  await link.open()
  try {
    return await link.run((redis) => commands(redis, () => link.now()))
  } catch (error) {
    throw isRpcError(error) ? error : toCallerError(error, what)
  }
}

/** Links for one end: those that are shared, or one of its own. @throws InvalidOptionError */
export function linksFor(
  source: RedisSource | SharedConnections,
  name: string,
  role: string,
  settings: Required<CallEndOptions>,
): Links {
  if (source instanceof SharedConnections) {
    const pool = pools.get(source)
    if (pool !== undefined) return pool
  }
  const address = checkSource(source as RedisSource, name, role)
  return {
    shareSlot: false,
    use: (inlet, home, target) => ({ link: new Link(address, { home, target, inlet, ...settings }), isOwn: true }),
  }
}

class LinkPool implements Links {
  readonly shareSlot: boolean
  readonly #address: RedisAddress
  readonly #settings: Required<CallEndOptions>
  readonly #links = new Map<string, Link>()

  constructor(address: RedisAddress, settings: Required<CallEndOptions>) {
    this.#address = address
    this.#settings = settings
    this.shareSlot = address.isCluster
  }

  use(inlet: Inlet, _home: string, target: string): LinkUse {
    const link = this.#link(target)
    link.attach(inlet)
    return { link, isOwn: false }
  }

  /** One that is there already, or else one for a key. */
  any(key: string): Link {
    const [link = this.#link(key)] = this.#links.values()
    return link
  }

  #link(target: string): Link {
    const key = this.shareSlot ? slotTag(target) : ''
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new Link(this.#address, { home: target, target, ...this.#settings })
      this.#links.set(key, link)
    }
    return link
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
  }
}
