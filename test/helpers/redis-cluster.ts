import { Cluster, type ClusterOptions, Redis } from 'ioredis'
import { freePort, RedisProcess } from './redis-process.ts'
import { until } from './until.ts'

const SLOTS = 16_384

/** Three masters of a real cluster, without replicas. */
export class RedisCluster implements AsyncDisposable {
  readonly nodes: readonly RedisProcess[]
  /** One connection to each node. */
  readonly admins: readonly Redis[]
  readonly ids: readonly string[]

  private constructor(nodes: readonly RedisProcess[], admins: readonly Redis[], ids: readonly string[]) {
    this.nodes = nodes
    this.admins = admins
    this.ids = ids
  }

  static async start(): Promise<RedisCluster> {
    const buses = [await freePort(), await freePort(), await freePort()]
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
    const nodes = await Promise.all(buses.map((bus) => RedisProcess.start([...settings, '--cluster-port', `${bus}`])))
    const admins = nodes.map(({ url }) => new Redis(url).on('error', () => {}))
    for (const [index, admin] of admins.entries()) {
      const [first, next] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / nodes.length))
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', first as number, (next as number) - 1)
      if (index > 0) await admins[0]?.call('CLUSTER', 'MEET', '127.0.0.1', nodes[index]!.port, buses[index] as number)
    }
    const ids = await Promise.all(admins.map((admin) => admin.cluster('MYID') as Promise<string>))
    const cluster = new RedisCluster(nodes, admins, ids)
    for (const admin of admins)
      await until(async () => /cluster_state:ok.*known_nodes:3/s.test(await admin.cluster('INFO')))
    return cluster
  }

  connect(options: Pick<ClusterOptions, 'clusterNodeRetryStrategy'> & { redisOptions?: { db: number } } = {}): Cluster {
    return new Cluster([{ host: '127.0.0.1', port: this.nodes[0]!.port }], options)
  }

  /** The slot of a key and the index of the master that has it. */
  async ownerOf(key: string): Promise<{ slot: number; owner: number }> {
    const slot = (await this.admins[0]!.cluster('KEYSLOT', key)) as number
    const owner = Math.min(Math.floor((slot * this.nodes.length) / SLOTS), this.nodes.length - 1)
    return { slot, owner: slot < Math.floor(((owner + 1) * SLOTS) / this.nodes.length) ? owner : owner + 1 }
  }

  /** Moves a slot with its keys to another master, as `redis-cli --cluster reshard` does. */
  async move(slot: number, from: number, to: number): Promise<void> {
    await this.admins[to]!.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', this.ids[from]!)
    await this.admins[from]!.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', this.ids[to]!)
    for (;;) {
      const keys = (await this.admins[from]!.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
      if (keys.length === 0) break
      await this.admins[from]!.call('MIGRATE', '127.0.0.1', this.nodes[to]!.port, '', 0, 5_000, 'KEYS', ...keys)
    }
    for (const admin of [this.admins[to]!, this.admins[from]!, ...this.admins]) {
      await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', this.ids[to]!)
    }
  }

  async close(): Promise<void> {
    for (const admin of this.admins) admin.disconnect()
    await Promise.all(this.nodes.map((node) => node.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
