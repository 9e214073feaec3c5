import { isRpcError } from '../errors.ts'
import { slotTag } from '../wire/keys.ts'
import type { Inlet } from './inlets.ts'
import { Link } from './link.ts'
import type { CallEndOptions } from './options.ts'
import { toCallerError } from './redis-failure.ts'
import { checkSource, type RedisAddress, type RedisLife, type RedisSource } from './source.ts'

/** A link, and whether its user owns it and must close it. */
export interface LinkUse {
  readonly link: Link
  readonly isOwn: boolean
}

/** Provides links for the ends of services. */
export interface Links {
  /** Whether the lists of one service must share a slot, because one link reads them all. */
  readonly shareSlot: boolean
  /**
   * Returns the link for reading an inlet.
   * @param home a key in the slot of the inlet's lists, also used in errors
   * @param target the list for messages that must not be lost or duplicated
   */
  use(inlet: Inlet, home: string, target: string): LinkUse
}

const pools = new WeakMap<SharedConnections, LinkPool>()

function poolOf(connections: SharedConnections): LinkPool {
  return pools.get(connections) as LinkPool
}

/**
 * One pair of connections for several clients and servers; in a Cluster, one pair for each slot in
 * use.
 * @see RedisRPC
 */
export abstract class SharedConnections {
  /**
   * @param settings of the connections; the settings of the clients and servers that share them are
   * ignored
   * @param role shown in the names of the connections
   */
  constructor(redis: RedisSource, settings: Required<CallEndOptions>, role = 'shared') {
    pools.set(this, new LinkPool(checkSource(redis, '', role), settings))
  }

  /** Disconnects. */
  protected disconnect(): Promise<void> {
    return poolOf(this).close()
  }
}

/**
 * Runs commands on any of the shared connections.
 * @param key if there are no connections yet, they are created for the slot of this key
 * @param what description for errors
 * @throws ConnectionError, ClosedError, DeliveryUnknownError
 */
export async function runShared<T>(
  connections: SharedConnections,
  key: string,
  what: string,
  commands: (redis: RedisLife, redisNow: () => number) => Promise<T>,
): Promise<T> {
  const link = poolOf(connections).any(key)
  await link.open()
  try {
    return await link.run((redis) => commands(redis, () => link.now()))
  } catch (error) {
    throw isRpcError(error) ? error : toCallerError(error, what)
  }
}

/** Returns the links for one end: shared ones, or its own. @throws InvalidOptionError */
export function linksFor(
  source: RedisSource | SharedConnections,
  name: string,
  role: string,
  settings: Required<CallEndOptions>,
): Links {
  if (source instanceof SharedConnections) return poolOf(source)
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

  /** An existing link, or else one for a key. */
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
