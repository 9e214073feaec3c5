import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, type RedisRPCClientOptions, RedisRPCServer, type Remote } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'
import { until } from '../../helpers/until.ts'

export interface Row {
  readonly id: number
  readonly name: string
}

/** What gives and takes streams, and writes down what becomes of them. */
export class Feed {
  readonly log: string[] = []
  gate: Deferred<void> = deferred()
  kept: AsyncIterable<unknown> | undefined
  readonly #made = this.make(3)

  async *rows(count: number): AsyncGenerator<Row, string> {
    try {
      for (let id = 0; id < count; id++) yield { id, name: `row ${id}` }
      return 'that was all'
    } catch (error) {
      this.log.push(`caught ${String(error)}`)
      throw error
    } finally {
      this.log.push('finally')
    }
  }

  async later(count: number): Promise<AsyncGenerator<Row, string>> {
    await setImmediate()
    return this.rows(count)
  }

  async *gated(): AsyncGenerator<number> {
    try {
      yield 1
      await this.gate.promise
      yield 2
    } finally {
      this.log.push('finally')
    }
  }

  async *failing(after: number): AsyncGenerator<number> {
    for (let i = 0; i < after; i++) yield i
    throw new RangeError('broken')
  }

  async *bad(): AsyncGenerator<unknown> {
    yield 1
    yield { deep: [Symbol('s')] }
  }

  values(): AsyncIterable<unknown> {
    return this.make([undefined, new Date(0), new Map([[1, 2n]]), new Uint8Array([1, 2]), Number.NaN, { a: [-0] }])
  }

  deep(): { list: [Map<string, AsyncIterable<number>>]; web: ReadableStream<string> } {
    return { list: [new Map([['numbers', this.make([1, 2, 3])]])], web: ReadableStream.from(['a', 'b']) }
  }

  web(): ReadableStream<number> {
    return new ReadableStream<number>(
      {
        pull: (controller) => controller.enqueue(1),
        cancel: (reason) => void this.log.push(`cancelled ${String(reason)}`),
      },
      { highWaterMark: 0 },
    )
  }

  node(): Readable {
    return Readable.from([Buffer.from('a'), Buffer.from('b')])
  }

  async *nested(): AsyncGenerator<AsyncIterable<number>> {
    yield this.make([1, 2])
    yield this.make([3])
  }

  async *callbacks(): AsyncGenerator<() => number> {
    for (let i = 0; i < 3; i++) yield () => i
  }

  silent(): AsyncIterable<number> {
    return this.make(deferred<never>().promise)
  }

  /** Whether this is the one that was given away. */
  isOwn(stream: AsyncIterable<unknown>): boolean {
    return stream === this.#made
  }

  own(): AsyncIterable<unknown> {
    return this.#made
  }

  async sum(numbers: AsyncIterable<number>): Promise<number> {
    let sum = 0
    for await (const number of numbers) sum += number
    return sum
  }

  async take(items: AsyncIterable<unknown>, most: number): Promise<unknown[]> {
    const taken: unknown[] = []
    for await (const item of items) if (taken.push(item) === most) break
    return taken
  }

  async hash(name: string, data: ReadableStream<Uint8Array>): Promise<string> {
    const hash = createHash('sha256').update(name)
    for await (const chunk of data) hash.update(chunk)
    return hash.digest('hex')
  }

  async *double(numbers: AsyncIterable<number>): AsyncGenerator<number> {
    for await (const number of numbers) yield number * 2
  }

  /** Ends when its signal says so, though it waits for something else. */
  async *watched(): AsyncGenerator<unknown> {
    const context = callContext()
    try {
      yield [context?.method, context?.metadata]
      yield callContext() === context
      await new Promise((_, reject) => {
        context?.signal.addEventListener('abort', () => reject(context.signal.reason))
      })
    } catch (error) {
      this.log.push(`aborted: ${(error as Error).name}`)
    } finally {
      this.log.push('finally')
    }
  }

  keep(stream: AsyncIterable<unknown>): void {
    this.kept = stream
  }

  ignore(_stream: AsyncIterable<unknown>): string {
    return 'ignored'
  }

  async *make(items: Iterable<unknown> | PromiseLike<never> | number): AsyncGenerator<never> {
    const all = typeof items === 'number' ? Array.from({ length: items }, (_, i) => i) : await items
    for (const item of all) yield item as never
  }
}

export async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function* upTo(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) yield i
  } finally {
    log.push('finally')
  }
}

/** A service with streams, and a client of it; after each test neither has any, and no key is left. */
export interface Ends {
  readonly redis: () => RunningRedis
  name: string
  feed: Feed
  server: RedisRPCServer
  client: Remote<Feed>
  errors: Error[]
  onError(error: Error): void
  /** One more client, which is closed after the test. */
  connect(options?: RedisRPCClientOptions): Remote<Feed>
  /** One more server, which is closed after the test. */
  serve(options?: object): Promise<RedisRPCServer>
}

export function endsOf(redis: () => RunningRedis): Ends {
  const others: { close(): Promise<void> }[] = []
  const ends = {
    redis,
    name: '',
    errors: [] as Error[],
    onError: (error: Error) => void ends.errors.push(error),
    connect(options = {}) {
      const made = new RedisRPCClient<Feed>(redis().url, ends.name, { onError: ends.onError, ...options })
      others.push(control(made))
      return made
    },
    async serve(options = {}) {
      const made = new RedisRPCServer(redis().url, ends.name, ends.feed, {
        onError: ends.onError,
        ...options,
      })
      others.push(made)
      await made.start()
      return made
    },
  } as Ends
  beforeEach(async () => {
    ends.name = freshName('feed')
    ends.errors = []
    ends.feed = new Feed()
    ends.server = await ends.serve()
    ends.client = ends.connect()
  })
  afterEach(async () => {
    try {
      // An end that was told to end something may still be about to.
      const left = (): number[] =>
        [ends.server.stats, control(ends.client).stats].flatMap(({ lent, borrowed }) => [lent, borrowed])
      await until(() => left().every((count) => count === 0)).catch(() => {})
      expect(left(), 'streams left').to.deep.equal([0, 0, 0, 0])
      expect(ends.errors).to.deep.equal([])
    } finally {
      for (const other of others.splice(0)) await other.close()
      const raw = new Redis(redis().url)
      const left: string[] = []
      for (const key of await raw.keys(`*${ends.name}*`)) if ((await raw.pttl(key)) < 0) left.push(key)
      raw.disconnect()
      expect(left, 'keys left').to.deep.equal([])
    }
  })
  return ends
}
