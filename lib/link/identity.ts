import type { Cluster, Redis } from 'ioredis'
import type { RedisLife } from './source.ts'

/** The Redis that a connection leads to, and the connection's id there. */
export interface Identity {
  /**
   * Changes when Redis restarts or another server takes over, either of which may lose the latest
   * writes. Empty: unknown.
   */
  readonly life: string
  /** The `CLIENT ID`; undefined: unknown. */
  readonly clientId: number | undefined
  /** The connection to that server; in a cluster, to the node that has the key. */
  readonly node: Redis
}

/** How many digits of the run id and the replication id, which have 40 each, make up a life. */
const DIGITS = 12

/**
 * Identifies the server of a new connection. Anything that is not allowed stays unknown.
 * @param home a key; in a cluster the node that has it is asked
 * @see https://redis.io/docs/latest/commands/info/
 */
export async function identify(redis: RedisLife, home: string): Promise<Identity | undefined> {
  const node = redis.isCluster ? await nodeOf(redis as Cluster, home) : (redis as Redis)
  if (node === undefined) return undefined
  const [clientId, server, replication] = await Promise.allSettled([
    node.client('ID'),
    node.info('server'),
    node.info('replication'),
  ])
  const runId = fieldOf(server, 'run_id')
  const replicationId = fieldOf(replication, 'master_replid')
  return {
    life: runId === '' ? '' : runId.slice(0, DIGITS) + replicationId.slice(0, DIGITS),
    clientId: clientId.status === 'fulfilled' ? Number(clientId.value) : undefined,
    node,
  }
}

function fieldOf(info: PromiseSettledResult<string>, field: string): string {
  if (info.status === 'rejected') return ''
  return new RegExp(`^${field}:([0-9a-f]{40})\\r?$`, 'm').exec(String(info.value))?.[1] ?? ''
}

/** The master that has a key's slot; undefined: the cluster does not say. */
async function nodeOf(cluster: Cluster, key: string): Promise<Redis | undefined> {
  try {
    const [slot, ranges] = await Promise.all([cluster.cluster('KEYSLOT', key), cluster.cluster('SLOTS')])
    const owner = (ranges as unknown as [number, number, [string, number, string?]][]).find(
      ([from, to]) => from <= slot && slot <= to,
    )?.[2]?.[2]
    const nodes = cluster.nodes('master')
    const ids = await Promise.allSettled(nodes.map((node) => node.cluster('MYID')))
    return nodes.find((_, index) => {
      const id = ids[index]
      return id?.status === 'fulfilled' && String(id.value) === owner
    })
  } catch {
    return undefined
  }
}
