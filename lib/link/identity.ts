import type { Cluster, Redis } from 'ioredis'
import type { RedisLife } from './source.ts'

/** Which Redis a connection leads to, and as which of its clients. */
export interface Identity {
  /**
   * Changes when Redis is started again or another server takes over, which may each lose the latest writes. Empty: it could not be
   * learnt.
   */
  readonly life: string
  /** What `CLIENT ID` says; undefined: it could not be learnt. */
  readonly clientId: number | undefined
  /** The connection to the very server, of a cluster's to the one that has the key. */
  readonly node: Redis
}

/** How much of a run id and of a replication id makes a life: they are 40 hexadecimal digits each. */
const DIGITS = 12

/**
 * Asks a fresh connection. What a server does not let us know stays open.
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
