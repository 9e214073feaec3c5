import { expect } from 'chai'
import { EmbeddedRedis, type EmbeddedRedisOptions } from '../../../lib/embedded/index.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { RawClient } from './raw-client.ts'

/** A server that a test starts as it likes. */
export interface OwnServer {
  /** The server and its clock, once it was started. */
  readonly redis: EmbeddedRedis
  readonly clock: ManualClock
  start(options?: EmbeddedRedisOptions): Promise<void>
  connect(): Promise<RawClient>
}

/** For a suite whose tests start servers of their own: after each one all is closed, and no timer may be left. */
export function ownServer(): OwnServer {
  let redis: EmbeddedRedis | undefined
  let clock: ManualClock | undefined
  const clients: RawClient[] = []

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close()
    await redis?.close()
    expect(clock?.pending ?? 0, 'timers left behind').to.equal(0)
  })

  return {
    get redis() {
      return redis!
    },
    get clock() {
      return clock!
    },
    async start(options = {}) {
      clock = new ManualClock()
      redis = await EmbeddedRedis.start({ clock, ...options })
    },
    async connect() {
      const client = await RawClient.connect(redis!.port)
      clients.push(client)
      return client
    },
  }
}
