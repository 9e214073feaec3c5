import { EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { RedisProcess } from '../../helpers/redis-process.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { needReferenceRedis } from '../helpers/reference-redis.ts'

/** An embedded server and a real Redis for the tests of a suite, which are pending without a Redis. */
export class TwoServers {
  /** Their ports: the embedded server's comes first. */
  ports: readonly number[] = []
  /** A client of each, in the same order. */
  clients: readonly RawClient[] = []

  /** Installs the hooks. @param args for redis-server */
  constructor(args: readonly string[] = []) {
    const two = this
    let embedded: EmbeddedRedis | undefined
    let real: RedisProcess | undefined
    before(async function () {
      needReferenceRedis.call(this)
      real = await RedisProcess.start(args)
      embedded = await EmbeddedRedis.start()
      two.ports = [embedded.port, real.port]
      two.clients = await Promise.all(two.ports.map((port) => RawClient.connect(port)))
    })
    after(async () => {
      for (const client of this.clients) await client.close()
      await real?.close()
      await embedded?.close()
    })
  }
}
