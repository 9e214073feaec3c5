import { expect } from 'chai'
import type { RunningRedis } from '../helpers/backends.ts'
import type { ManualClock } from '../helpers/manual-clock.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts } from './helpers.ts'

/** A bench whose structures reach Redis through a proxy that fails as a test says. */
export class Line {
  readonly redis: () => RunningRedis
  readonly bench: Bench
  proxy!: TcpProxy

  /** Installs the hooks; after each test no key with its name is left. */
  constructor(redis: () => RunningRedis) {
    this.redis = redis
    this.bench = new Bench(redis, 'network')
    const { bench } = this
    const line = this
    beforeEach(async function () {
      await needScripts.call(this, bench.raw)
      line.proxy = await TcpProxy.start(redis().url)
    })
    afterEach('leaves nothing behind', async () => {
      await bench.closeAll()
      await this.proxy.close()
      for (const key of await bench.raw.keys(`${bench.name}*`)) await bench.raw.del(key)
      expect(await bench.keys()).to.deep.equal([])
    })
  }

  /** Whether Redis holds a command that waits. */
  readonly isBlocked = async (): Promise<boolean> =>
    (await this.bench.raw.info('clients')).includes('blocked_clients:1')

  /** Breaks the connection on which the server has just answered with something. */
  loseReplyWith(text: string): () => number {
    let lost = 0
    this.proxy.toClient = (chunk) => {
      if (!chunk.includes(text) || lost > 0) return 'pass'
      lost++
      return 'cut'
    }
    return () => lost
  }

  /** Breaks the connection once the server has run a command. */
  loseReplyTo(command: string): () => number {
    let wasSent = false
    let lost = 0
    this.proxy.toServer = (chunk) => {
      if (lost === 0 && chunk.toString('latin1').toLowerCase().includes(command)) wasSent = true
      return 'pass'
    }
    this.proxy.toClient = () => {
      if (!wasSent || lost > 0) return 'pass'
      lost++
      return 'cut'
    }
    return () => lost
  }

  /** Lets time pass until something has ended. */
  async passTime(clock: ManualClock, ending: Promise<unknown>): Promise<void> {
    let ended = false
    const end = () => {
      ended = true
    }
    ending.then(end, end)
    await until(async () => {
      clock.advance(10)
      // Redis has answered what it was sent: a busy machine must not be taken for a line that is dead.
      await this.bench.raw.ping()
      return ended
    })
    await ending
  }
}

/** Handles three deliveries of a reader; returns the content and the attempt of each. */
export async function handleThree<D extends { readonly content: number; readonly attempt: number }>(reader: {
  process(
    handler: (delivery: D) => unknown,
    options: { readonly concurrency: number; readonly signal: AbortSignal },
  ): Promise<void>
}): Promise<(readonly [number, number])[]> {
  const seen: (readonly [number, number])[] = []
  const stop = new AbortController()
  await reader.process(
    ({ content, attempt }) => {
      if (seen.push([content, attempt]) === 3) stop.abort()
    },
    { concurrency: 10, signal: stop.signal },
  )
  return seen.toSorted()
}
