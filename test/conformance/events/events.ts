import { expect } from 'chai'
import {
  GroupReadStream,
  type GroupReadStreamOptions,
  ReadStream,
  type ReadStreamOptions,
  WriteStream,
  type WriteStreamOptions,
} from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../../helpers/backends.ts'
import { Bench } from '../../ipc/helpers.ts'

/** The ends of one stream, which are closed after each test; no key but the stream's is left then. */
export interface Events {
  readonly redis: () => RunningRedis
  readonly bench: Bench
  write<T = unknown>(options?: WriteStreamOptions): WriteStream<T>
  read<T = unknown>(options?: ReadStreamOptions): ReadStream<T>
  join<T = unknown>(options?: GroupReadStreamOptions, url?: string): GroupReadStream<T>
  isBlocked(): Promise<boolean>
}

export function eventsOf(redis: () => RunningRedis): Events {
  const bench = new Bench(redis, 'events')
  const write = <T = unknown>(options = {}) => bench.open(new WriteStream<T>(redis().url, bench.name, options))
  const read = <T = unknown>(options: ReadStreamOptions = {}) =>
    bench.open(new ReadStream<T>(redis().url, bench.name, { onError: bench.onError, ...options }))
  const join = <T = unknown>(options: GroupReadStreamOptions = {}, url = redis().url) =>
    bench.open(new GroupReadStream<T>(url, bench.name, 'group', { onError: bench.onError, from: '0', ...options }))
  const isBlocked = async () => (await bench.raw.info('clients')).includes('blocked_clients:1')

  afterEach('leaves nothing but the stream behind', async () => {
    await bench.closeAll()
    await bench.raw.del(bench.name)
    expect(await bench.keys()).to.deep.equal([])
  })

  return { redis, bench, write, read, join, isBlocked }
}
