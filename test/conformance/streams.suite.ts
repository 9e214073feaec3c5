import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  ClosedError,
  control,
  ProtocolError,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  ReferenceLimitError,
  ReferenceLostError,
  type Remote,
  SerializationError,
  TimeoutError,
} from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

interface Row {
  readonly id: number
  readonly name: string
}

/** What gives and takes streams, and writes down what becomes of them. */
class Feed {
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

async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* upTo(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) yield i
  } finally {
    log.push('finally')
  }
}

export function streamsSuite(redis: () => RunningRedis): void {
  let name: string
  let feed: Feed
  let server: RedisRPCServer
  let client: Remote<Feed>
  let errors: Error[]
  const others: { close(): Promise<void> }[] = []
  const onError = (error: Error): void => void errors.push(error)
  const connect = (options: RedisRPCClientOptions = {}): Remote<Feed> => {
    const made = new RedisRPCClient<Feed>(redis().url, name, { onError, ...options })
    others.push(control(made))
    return made
  }

  const serve = async (options = {}): Promise<RedisRPCServer> => {
    const made = new RedisRPCServer(redis().url, name, feed, { onError, leaseMs: 1_000, ...options })
    others.push(made)
    await made.start()
    return made
  }

  beforeEach(async () => {
    name = freshName('feed')
    errors = []
    feed = new Feed()
    server = await serve()
    client = connect()
  })
  afterEach(async () => {
    try {
      // An end that was told to end something may still be about to.
      const left = (): number[] =>
        [server.stats, control(client).stats].flatMap(({ lent, borrowed }) => [lent, borrowed])
      await until(() => left().every((count) => count === 0)).catch(() => {})
      expect(left(), 'streams left').to.deep.equal([0, 0, 0, 0])
      expect(errors).to.deep.equal([])
    } finally {
      for (const other of others.splice(0)) await other.close()
      const raw = new Redis(redis().url)
      const left: string[] = []
      for (const key of await raw.keys(`*${name}*`)) if ((await raw.pttl(key)) < 0) left.push(key)
      raw.disconnect()
      expect(left, 'keys left').to.deep.equal([])
    }
  })

  it('is read with a loop over the call, or over what it gives', async () => {
    expect((await readAll(client.rows(5))).map(({ id }) => id)).to.deep.equal([0, 1, 2, 3, 4])
    expect(await readAll(await client.rows(1))).to.deep.equal([{ id: 0, name: 'row 0' }])
    expect(await readAll(client.later(2))).to.have.length(2)
    expect(await readAll(client.rows(0))).to.deep.equal([])
  })

  it('brings many items in order, and what the generator returned', async () => {
    const rows = await client.rows(20_000)
    let expected = 0
    let result = await rows.next()
    for (; result.done !== true; result = await rows.next()) expect(result.value.id).to.equal(expected++)
    expect([expected, result.value]).to.deep.equal([20_000, 'that was all'])
    expect(feed.log).to.deep.equal(['finally'])
  })

  it('brings an item as soon as it is there', async () => {
    const numbers = await client.gated()
    expect((await numbers.next()).value).to.equal(1)
    const second = numbers.next()
    feed.gate.resolve()
    expect((await second).value).to.equal(2)
    expect((await numbers.next()).done).to.equal(true)
  })

  it('brings every value that travels', async () => {
    expect(await readAll(client.values())).to.deep.equal(await readAll(feed.values()))
  })

  it('stands anywhere in a value, in more than one place too', async () => {
    const { list, web } = await client.deep()
    expect(web).to.be.an.instanceOf(ReadableStream)
    expect(await readAll(web)).to.deep.equal(['a', 'b'])
    expect(await readAll(list[0].get('numbers') as AsyncIterable<number>)).to.deep.equal([1, 2, 3])
  })

  it('may hold streams and functions itself', async () => {
    const all: number[][] = []
    for await (const inner of client.nested()) all.push(await readAll(inner))
    expect(all).to.deep.equal([[1, 2], [3]])
    const results: unknown[] = []
    for await (const callback of client.callbacks()) {
      results.push(await callback())
      ;(callback as unknown as Disposable)[Symbol.dispose]()
    }
    expect(results).to.deep.equal([0, 1, 2])
    await until(() => server.stats.lent === 0)
  })

  it('is an argument like any other', async () => {
    expect(await client.sum(upTo(2_000))).to.equal(1_999_000)
    expect(await client.sum(Readable.from([1, 2, 3]))).to.equal(6)
    const data = Array.from({ length: 20 }, (_, i) => new Uint8Array(50_000).fill(i))
    const expected = createHash('sha256').update('file')
    for (const chunk of data) expected.update(chunk)
    expect(await client.hash('file', ReadableStream.from(data) as ReadableStream<Uint8Array>)).to.equal(
      expected.digest('hex'),
    )
  })

  it('loses nothing of a source that does not wait to be asked', async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}`)
    const input = createInterface({ input: Readable.from(lines.map((line) => `${line}\n`)) })
    expect(await client.take(input, lines.length + 1)).to.deep.equal(lines)
  })

  it('is refused when somebody reads it already', async () => {
    const locked = ReadableStream.from([new Uint8Array(1)])
    locked.getReader()
    const error = (await rejection(client.hash('a', locked as ReadableStream<Uint8Array>))) as SerializationError
    expect(error).to.be.an.instanceOf(SerializationError)
    expect(error.path).to.equal('args[1]')
    const unreadable = {
      [Symbol.asyncIterator]: () => {
        throw new RangeError('no')
      },
    }
    const other = (await rejection(client.ignore(unreadable as never))) as SerializationError
    expect(other.path).to.equal('args[0]')
    expect(other.cause).to.be.an.instanceOf(RangeError)
  })

  it('goes both ways at once', async () => {
    expect(await readAll(client.double(upTo(1_000)))).to.deep.equal(Array.from({ length: 1_000 }, (_, i) => i * 2))
  })

  it('ends where it is made when a loop over it is left', async () => {
    for await (const { id } of client.rows(1_000_000)) if (id === 10) break
    await until(() => feed.log.length > 0)
    expect(feed.log).to.deep.equal(['finally'])
    const log: string[] = []
    expect(await client.take(upTo(1_000_000, log), 3)).to.deep.equal([0, 1, 2])
    await until(() => log.length > 0)
    await until(() => control(client).stats.lent === 0)
  })

  it('ends with return, throw and await using', async () => {
    const returned = await client.rows(1_000_000)
    await returned.next()
    expect(await returned.return('enough')).to.deep.equal({ done: true, value: 'enough' })
    expect(feed.log.splice(0)).to.deep.equal(['finally'])
    const thrown = await client.rows(1_000_000)
    await thrown.next()
    expect(await rejection(thrown.throw(new RangeError('no')))).to.be.an.instanceOf(RangeError)
    expect(feed.log.splice(0)).to.deep.equal(['caught RangeError: no', 'finally'])
    const used = await client.rows(1_000_000)
    await used.next()
    await used[Symbol.asyncDispose]()
    expect(feed.log.splice(0)).to.deep.equal(['finally'])
  })

  it('of the web is cancelled with its reason, and one of Node destroyed', async () => {
    const reader = (await client.web()).getReader()
    expect((await reader.read()).value).to.equal(1)
    await reader.cancel('enough')
    expect(feed.log).to.deep.equal(['cancelled enough'])
    expect(await readAll(client.node())).to.deep.equal([Buffer.from('a'), Buffer.from('b')])
    const source = Readable.from(Array.from({ length: 100_000 }, (_, i) => i))
    await client.take(source, 2)
    if (!source.closed) await once(source, 'close')
    await until(() => control(client).stats.lent === 0)
  })

  it('fails as the generator does, behind the items before that', async () => {
    const numbers = await client.failing(3)
    for (let i = 0; i < 3; i++) expect((await numbers.next()).value).to.equal(i)
    const error = await rejection(numbers.next())
    expect(error).to.be.an.instanceOf(RangeError).with.property('message', 'broken')
    expect(await numbers.next()).to.deep.equal({ done: true, value: undefined })
    async function* broken(): AsyncGenerator<number> {
      yield 1
      throw new RangeError('here')
    }
    expect(await rejection(client.sum(broken()))).to.be.an.instanceOf(RangeError)
  })

  it('fails at an item that cannot travel, which the error names', async () => {
    const items = await client.bad()
    expect((await items.next()).value).to.equal(1)
    const error = (await rejection(items.next())) as SerializationError
    expect(error).to.be.an.instanceOf(SerializationError)
    expect(error.path).to.equal('items[1].deep[0]')
  })

  it('that is passed back is the very same', async () => {
    const own = await client.own()
    expect(await client.isOwn(own)).to.equal(true)
    expect(await readAll(own)).to.deep.equal([0, 1, 2])
  })

  it('that nobody reads costs nothing but its place, and ends when its time is over', async () => {
    const impatient = connect({ streamIdleMs: 50 })
    const log: string[] = []
    expect(await client.ignore(upTo(1))).to.equal('ignored')
    await impatient.keep(upTo(1, log))
    await until(() => control(impatient).stats.lent === 0)
    expect(await rejection(readAll(feed.kept as AsyncIterable<unknown>))).to.be.an.instanceOf(ReferenceLostError)
    expect(log).to.deep.equal([])
    await control(client).close()
    await until(() => server.stats.borrowed === 0)
  })

  it('may be silent for so long and no longer', async () => {
    const impatient = connect({ streamIdleMs: 60, timeoutMs: 10_000 })
    const numbers = await impatient.gated()
    await numbers.next()
    const error = (await rejection(numbers.next())) as TimeoutError
    expect(error).to.be.an.instanceOf(TimeoutError)
    expect([error.timeoutMs, error.operation]).to.deep.equal([60, `a stream of ${name}`])
    feed.gate.resolve()
    await until(() => feed.log.length > 0 && server.stats.lent === 0)
    const slow = connect({ timeoutMs: 80 })
    expect(await rejection(readAll(slow.silent()))).to.have.property('timeoutMs', 80)
    await until(() => server.stats.lent === 0)
  })

  it('takes no place of a call while it waits', async () => {
    await server.close()
    server = await serve({ concurrency: 1 })
    const streams = await Promise.all(Array.from({ length: 5 }, () => client.gated()))
    const waiting = streams.map(readAll)
    expect(await client.sum(upTo(3))).to.equal(3)
    expect(server.stats.running).to.equal(0)
    feed.gate.resolve()
    expect(await Promise.all(waiting)).to.deep.equal(Array(5).fill([1, 2]))
  })

  it('runs in the context of its call, whose signal fires when its reader leaves', async () => {
    const watched = await control(client)
      .with({ metadata: { user: 'ann' } })
      .watched()
    expect((await watched.next()).value).to.deep.equal(['watched', { user: 'ann' }])
    expect((await watched.next()).value).to.equal(true)
    const waiting = watched.next()
    await watched.return()
    expect((await waiting).done).to.equal(true)
    await until(() => feed.log.includes('finally'))
    expect(feed.log).to.deep.equal(['aborted: AbortError', 'finally'])
  })

  it('whose reader closes has its signal fired', async () => {
    const other = connect()
    const watched = await other.watched()
    await watched.next()
    await control(other).close()
    await until(() => feed.log.includes('finally'))
    expect(feed.log).to.deep.equal(['aborted: ReferenceLostError', 'finally'])
  })

  it('ends when the garbage collector finds that nobody reads it any more', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await (async () => {
      await client.rows(5)
      await client.web()
      const begun = await client.rows(1_000_000)
      await begun.next()
    })()
    expect(server.stats.lent).to.equal(3)
    await until(async () => {
      collect()
      return server.stats.lent === 0
    })
    await until(() => feed.log.length === 2)
    expect(feed.log.sort()).to.deep.equal(['cancelled undefined', 'finally'])
  })

  it('is bounded in number at both ends, and what there is goes on', async () => {
    const limited = connect({ maxStreams: 2 })
    const kept = [await limited.rows(3), await limited.rows(3)] as const
    const refused = (await rejection(limited.rows(3))) as ReferenceLimitError
    expect(refused).to.be.an.instanceOf(ReferenceLimitError)
    expect([refused.limit, refused.maximum]).to.deep.equal(['maxStreams', 2])
    for (const stream of kept) expect(await readAll(stream)).to.have.length(3)
    const sent = [limited.sum(upTo(10)), limited.sum(upTo(10)), limited.sum(upTo(10))] as const
    expect(await rejection(sent[2])).to.be.an.instanceOf(ReferenceLimitError)
    expect(await Promise.all(sent.slice(0, 2))).to.deep.equal([45, 45])
    await until(() => server.stats.lent === 0 && control(limited).stats.lent === 0)

    await server.close()
    server = await serve({ maxStreams: 1 })
    const first = await client.rows(2)
    expect(await rejection(client.rows(2))).to.have.property('limit', 'maxStreams')
    expect(await readAll(first)).to.have.length(2)
    expect(await readAll(client.rows(2))).to.have.length(2)
  })

  it('is no more than a window ahead of its reader', async () => {
    let made = 0
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        made++
        yield 'x'.repeat(98)
      }
    }
    await server.close()
    server = await serve({ streamWindowBytes: 10_000 })
    await client.keep(endless())
    const reader = (feed.kept as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    for (let read = 1; read <= 1_000; read++) {
      await reader.next()
      if (read % 50 === 0) await client.ignore(upTo(0))
      expect(made - read).to.be.at.most(101)
    }
    await reader.return?.()
    await control(client).close()
  })

  it('ends at once when its reader closes, and its reader learns when its producer does', async () => {
    const rows = await client.gated()
    await rows.next()
    const waiting = rejection(rows.next())
    await control(client).close()
    expect(await waiting).to.be.an.instanceOf(ClosedError)
    feed.gate.resolve()
    await until(() => feed.log.includes('finally') && server.stats.lent === 0)

    const sender = connect()
    await sender.keep(feed.silent())
    const next = rejection(readAll(feed.kept as AsyncIterable<unknown>))
    await until(() => server.stats.borrowed === 1)
    await control(sender).close()
    expect(await next).to.satisfy(
      (error: unknown) => error instanceof ClosedError || error instanceof ReferenceLostError,
    )
    await until(() => server.stats.borrowed === 0)
  })

  it('is given time to end when its server closes, and no more', async () => {
    const ending = await client.gated()
    await ending.next()
    const rest = readAll(ending)
    let isClosed = false
    const closed = server.close().then(() => {
      isClosed = true
    })
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    expect(isClosed).to.equal(false)
    feed.gate.resolve()
    expect(await rest).to.deep.equal([2])
    await closed

    feed.gate = deferred()
    feed.log.splice(0)
    server = await serve({ drainTimeoutMs: 50 })
    const endless = await client.gated()
    await endless.next()
    const waiting = rejection(endless.next())
    await server.close()
    expect(await waiting).to.be.an.instanceOf(ClosedError)
    feed.gate.resolve()
    await until(() => feed.log.includes('finally'))
  })

  it('that breaks the rules is ended at both ends', async () => {
    const rows = await client.gated()
    await rows.next()
    const raw = new Redis(redis().url)
    // Another end learns nothing of the stream, and does it no harm.
    const inbox = `${name}:rpc:forgedforged`
    const forge = (on: number, method: string, args: unknown[], id: number): Promise<number> =>
      raw.rpush(
        `{${name}}:server:${server.id}`,
        JSON.stringify({ function_call: { on, name: method, args }, response_queue: inbox, id }),
      )
    await forge(1, 'rpc.next', [0, 1, 1, 0], 1)
    const [, reply = ''] = (await raw.blpop(inbox, 10)) ?? []
    expect(JSON.parse(reply).exception).to.match(/^ReferenceLostError: /)
    feed.gate.resolve()
    expect((await rows.next()).value).to.equal(2)
    await rows.return()
    raw.disconnect()
    await until(() => server.stats.lent === 0)
  })

  it('refuses what is pulled in a way that it cannot be', async () => {
    const raw = new Redis(redis().url)
    const inbox = `${name}:rpc:Forged-Forge`
    const ask = async (list: string, text: object): Promise<Record<string, unknown>> => {
      await raw.rpush(list, JSON.stringify(text))
      const [, reply = ''] = (await raw.blpop(inbox, 10)) ?? []
      return JSON.parse(reply)
    }
    const calls: readonly (readonly unknown[])[] = [
      [1, 0, 1, 1],
      [0, -1, 1, 1],
      [0, 1, 1e9, 1],
      [0, 1, 1, 1e9],
      [0.5, 1, 1, 1],
      ['0', 1, 1, 1],
      [],
      [5, 1, 1, 1],
    ]
    let id = 0
    for (const args of calls) {
      const { return_value } = await ask(name, {
        function_call: { name: 'gated', args: [] },
        response_queue: inbox,
        id: ++id,
      })
      const on = (return_value as { id: number }).id
      const call = { function_call: { on, name: 'rpc.next', args }, response_queue: inbox }
      const { exception } = await ask(`{${name}}:server:${server.id}`, { ...call, id: ++id })
      expect(exception, JSON.stringify(args)).to.match(/^ProtocolError: /)
      const again = await ask(`{${name}}:server:${server.id}`, { ...call, id: ++id })
      expect(again.exception).to.match(/^ReferenceLostError: /)
    }
    raw.disconnect()
    expect(server.stats.lent).to.equal(0)
    expect(ProtocolError.name).to.equal('ProtocolError')
  })

  it('of a producer that ignores what it was asked for fails, and nothing more of it is taken', async () => {
    const raw = new Redis(redis().url)
    const own = `{${name}}:server:Forged-Forge`
    await raw.zadd(`{${name}}:servers`, Date.now() + 60_000, 'Forged-Forge 60000  ')
    const batch = { items: ['x'.repeat(200_000), 'x'.repeat(200_000)] }
    await server.close()
    const reading = rejection(readAll(client.rows(1)))
    const serveRaw = async (): Promise<Record<string, unknown>> => {
      const [, text = '{}'] = (await raw.blpop(name, own, 10)) ?? []
      return JSON.parse(text)
    }
    const requests: string[] = []
    for (let answered = 0; answered < 2; ) {
      const { function_call, response_queue, id } = (await serveRaw()) as {
        function_call: { name: string }
        response_queue: string
        id: number
      }
      requests.push(function_call.name)
      if (function_call.name === 'rows') {
        const handle = { at: own, id: 1, loan: 1, form: 'iterable' }
        const meta = { values: [['custom', 'Stream']], v: 1 }
        await raw.rpush(response_queue, JSON.stringify({ id, return_value: handle, meta }))
      } else if (function_call.name === 'rpc.next') {
        await raw.rpush(response_queue, JSON.stringify({ id, return_value: batch }))
        answered++
      } else if (function_call.name === 'rpc.return') {
        await raw.rpush(response_queue, JSON.stringify({ id, return_value: {} }))
        answered = 2
      }
    }
    expect(await reading).to.be.an.instanceOf(ProtocolError)
    expect(requests).to.include('rpc.return')
    await until(() => control(client).stats.borrowed === 0)
    await raw.del(own, `{${name}}:servers`)
    raw.disconnect()
  })
}
