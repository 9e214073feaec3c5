import { expect } from 'chai'
import {
  ReadQueue,
  type ReadQueueOptions,
  type ReliableReadQueue,
  type ReliableReadQueueOptions,
  WriteQueue,
} from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../../helpers/backends.ts'
import { Bench } from '../../ipc/helpers.ts'

/** The ends of one queue, which are closed after each test; no key of it is left then. */
export interface Queues {
  readonly bench: Bench
  write<T = unknown>(): WriteQueue<T>
  plain<T = unknown>(options?: ReadQueueOptions): ReadQueue<T>
  reliable<T = unknown>(options?: Omit<ReliableReadQueueOptions, 'reliable'>): ReliableReadQueue<T>
  /** The tasks in the list, the newest first. */
  texts(): Promise<string[]>
  isBlocked(): Promise<boolean>
}

export function queuesOf(redis: () => RunningRedis): Queues {
  const bench = new Bench(redis, 'queue')
  const write = <T = unknown>() => bench.open(new WriteQueue<T>(redis().url, bench.name))
  const plain = <T = unknown>(options: ReadQueueOptions = {}) =>
    bench.open(new ReadQueue<T>(redis().url, bench.name, { onError: bench.onError, ...options, reliable: false }))
  const reliable = <T = unknown>(options: Omit<ReliableReadQueueOptions, 'reliable'> = {}) =>
    bench.open(new ReadQueue<T>(redis().url, bench.name, { onError: bench.onError, ...options, reliable: true }))
  const texts = () => bench.raw.lrange(bench.name, 0, -1)
  const isBlocked = async () => (await bench.raw.info('clients')).includes('blocked_clients:1')

  afterEach('leaves nothing behind', async () => {
    await bench.closeAll()
    await bench.raw.del(bench.name)
    expect(await bench.keys()).to.deep.equal([])
  })

  return { bench, write, plain, reliable, texts, isBlocked }
}
