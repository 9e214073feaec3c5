import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { startRealRedis } from './real-redis.ts'

/** A Redis that a suite runs on. */
export interface RunningRedis {
  readonly url: string
  close(): Promise<void>
}

interface Backend {
  readonly name: string
  /** Undefined where this machine has none. */
  start(): Promise<RunningRedis | undefined>
}

const embedded: Backend = { name: 'embedded Redis', start: () => EmbeddedRedis.start({ port: 0 }) }

const real: Backend = {
  name: 'real Redis',
  async start() {
    const url = process.env.REDIS_URL
    return url === undefined ? startRealRedis() : { url, close: async () => {} }
  },
}

/**
 * Runs a conformance suite on the embedded server and on a real Redis: the one `REDIS_URL` names, else a `redis-server`
 * from PATH. Where there is none the suite is pending, but fails with `CI` set.
 */
export function describeOnEachRedis(title: string, suite: (redis: () => RunningRedis) => void): void {
  for (const backend of [embedded, real]) {
    describe(`${title} on ${backend.name}`, () => {
      let running: RunningRedis | undefined
      before(async function () {
        running = await backend.start()
        if (running !== undefined) return
        if (process.env.CI) throw new Error('no Redis: set REDIS_URL or install redis-server')
        this.skip()
      })
      suite(() => running as RunningRedis)
      after('its connections are closed by then', () => running?.close())
    })
  }
}
