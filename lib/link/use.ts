import type { Inlet } from './inlets.ts'
import { Link } from './link.ts'
import type { CallEndOptions } from './options.ts'
import type { RedisAddress } from './source.ts'

/** A link, and whether it is its user's own, to be closed with it. */
export interface LinkUse {
  readonly link: Link
  readonly isOwn: boolean
}

/**
 * Gives the link to read an inlet through.
 * @param home a key whose slot the inlet's lists are in, and which errors name
 * @param target the list that messages are pushed to which must not be lost or doubled
 */
export type MakeLink = (inlet: Inlet, home: string, target: string) => LinkUse

/** A link for one user alone. */
export function ownLink(address: RedisAddress, settings: Required<CallEndOptions>): MakeLink {
  return (inlet, home, target) => ({ link: new Link(address, { home, target, inlet, ...settings }), isOwn: true })
}
