import { slotTag } from '../wire/keys.ts'
import type { Inlet } from './inlets.ts'
import { Link } from './link.ts'
import type { CallEndOptions } from './options.ts'
import { checkSource, type RedisAddress, type RedisSource } from './source.ts'

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
  /** @param settings of the connections; those of the ends that share them do not count */
  constructor(redis: RedisSource, settings: Required<CallEndOptions>) {
    pools.set(this, new LinkPool(checkSource(redis, '', 'shared'), settings))
  }

  /** Disconnects. */
  protected disconnect(): Promise<void> {
    return pools.get(this)?.close() ?? Promise.resolve()
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
    const key = this.shareSlot ? slotTag(target) : ''
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new Link(this.#address, { home: target, target, ...this.#settings })
      this.#links.set(key, link)
    }
    link.attach(inlet)
    return { link, isOwn: false }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
  }
}
