import { readFailure } from '../link/redis-failure.ts'
import type { RedisLife } from '../link/source.ts'
import { lookAtServers, type TableEntry } from '../rpc/presence/server-table.ts'
import { serverTable } from '../wire/keys.ts'

/** What the table of a service's servers says of one of them. */
export interface LeaseView {
  /** The server. */
  readonly id: string
  /**
   * `live`; `expired`: it was not renewed in time, so the server died, hangs or is cut off;
   * `closed`: the server closed in good order.
   */
  readonly state: 'live' | 'expired' | 'closed'
  /** For how long it lasts after a renewal, in ms. */
  readonly leaseMs: number
  /** For how long it still lasts, in ms; 0 when it is over. */
  readonly leftMs: number
  /** For how long it has been over, in ms; 0 while it lasts. */
  readonly overMs: number
}

/** The leases of a service's servers: those that last, and those that ended within the last 50 s. */
export async function viewLeases(redis: RedisLife, name: string, redisNow: () => number): Promise<LeaseView[]> {
  const { now, entries } = await lookAtServers(redis, serverTable(name), redisNow).catch(unlessRefused)
  return entries.map((entry) => viewLease(entry, now))
}

function viewLease({ id, leaseMs, score }: TableEntry, now: number): LeaseView {
  if (score < 0) return { id, state: 'closed', leaseMs, leftMs: 0, overMs: Math.max(0, now + score) }
  if (score <= now) return { id, state: 'expired', leaseMs, leftMs: 0, overMs: now - score }
  return { id, state: 'live', leaseMs, leftMs: score - now, overMs: 0 }
}

/**
 * Servers that answered, with their leases, and the other leases: first those that last, then the
 * one that ended last.
 */
export function withLeases<T extends { readonly id: string }>(
  servers: readonly T[],
  leases: readonly LeaseView[],
): { servers: (T & { readonly lease?: LeaseView })[]; absent: LeaseView[] } {
  const rest = new Map(leases.map((lease) => [lease.id, lease]))
  const shown = servers.map((server) => {
    const lease = rest.get(server.id)
    rest.delete(server.id)
    return lease === undefined ? server : { ...server, lease }
  })
  return { servers: shown, absent: [...rest.values()].toSorted((one, other) => one.overMs - other.overMs) }
}

/** Somebody has something else under the table's name, or this user may not read it. */
function unlessRefused(error: unknown): { now: number; entries: TableEntry[] } {
  if (readFailure(error) === 'refused') return { now: 0, entries: [] }
  throw error
}
