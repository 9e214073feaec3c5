import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type RedisRPCServerOptions, type Remote } from 'redis-object-rpc'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { onceRecord } from '../../../lib/wire/keys.ts'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'

export interface Shop {
  order(item: string): number
  slow(item: string): Promise<number>
  refuse(): never
  quick(): string
}

/** The ends of one test, whose servers write down what they run. */
export class Ends {
  readonly redis: () => RunningRedis
  name = ''
  observer!: Redis
  servers: RedisRPCServer[] = []
  clients: Remote<Shop>[] = []
  runs: string[] = []
  gate: Deferred<void> = deferred()

  /** Installs the hooks, which close every end. */
  constructor(redis: () => RunningRedis) {
    this.redis = redis
    before(() => {
      this.observer = new Redis(redis().url)
    })
    after(() => this.observer?.disconnect())
    beforeEach(() => {
      this.name = freshName('shop')
      this.servers = []
      this.clients = []
      this.runs = []
      this.gate = deferred()
    })
    afterEach(async () => {
      this.gate.resolve()
      await Promise.all(this.clients.map((client) => control(client).close()))
      await Promise.all(this.servers.map((server) => server.close()))
      await this.observer.del(...(await this.observer.keys(`*${this.name}*`)), 'none')
    })
  }

  async serve(options: RedisRPCServerOptions = {}, url: string = this.redis().url): Promise<RedisRPCServer> {
    const { runs } = this
    const shop: Shop = {
      order: (item) => runs.push(item),
      slow: async (item) => {
        const run = runs.push(item)
        await this.gate.promise
        return run
      },
      refuse: () => {
        runs.push('refuse')
        throw new RangeError('sold out')
      },
      quick: () => 'quick',
    }
    const server = new RedisRPCServer(url, this.name, shop, { onError: () => {}, ...options })
    this.servers.push(server)
    await server.start()
    return server
  }

  connect(): Remote<Shop> {
    const client = new RedisRPCClient<Shop>(this.redis().url, this.name)
    this.clients.push(client)
    return client
  }

  record(key = 'order-7'): string {
    return onceRecord(this.name, key)
  }
}

export function keyed(client: Remote<Shop>, idempotencyKey = 'order-7'): Remote<Shop> {
  return control(client).with({ idempotencyKey })
}
