import { type DiagLogger, diag, propagation, type TextMapPropagator } from '@opentelemetry/api'
import { NodeTracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-node'
import { expect } from 'chai'
import { control, type Middleware, pipe, RedisRPC, type Remote } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { ReadQueue, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { otel } from 'redis-object-rpc/otel'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { Bench } from '../ipc/helpers.ts'
import { Recorder } from './recorder.ts'

const LIMIT = 16_384
/** The name and the value. */
const TRACEPARENT = 'traceparent'.length + 55

describe('otel is never in the way', () => {
  let redis: EmbeddedRedis
  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
  })
  after(() => redis.close())
  const bench = new Bench(() => redis, 'work')
  afterEach(() => bench.closeAll())

  const service = {
    add: (a: number, b: number) => a + b,
    async *rows() {
      yield 1
    },
    ask: (question: () => unknown) => question(),
  }

  /** Every way of sending metadata, with the middleware of the end that sends. Resolves with what the other end got. */
  const WAYS: Record<string, (use: Middleware[]) => Promise<Record<string, string> | undefined>> = {
    call: (use) => throughRpc(use, 'add', (client) => client.add(1, 2)),
    notification: (use) => throughRpc(use, 'add', (client) => control(client).notify.add(1, 2)),
    stream: (use) =>
      throughRpc(use, 'rows', async (client) => {
        for await (const row of client.rows()) expect(row).to.equal(1)
      }),
    pipeline: (use) => throughRpc(use, 'add', (client) => pipe(client, (far) => far.add(1, 2))),
    callback: async (use) => {
      const seen = deferred<Record<string, string>>()
      const rpc = bench.open(new RedisRPC(redis.url))
      await rpc.serve(bench.name, service, { use: use.map((each) => outgoing(each)) })
      await rpc.client<typeof service>(bench.name, { use: [seenBy(seen)] }).ask(() => 1)
      return seen.promise
    },
    task: async (use) => {
      await bench.open(new WriteQueue(redis.url, bench.name, { use })).publish(1)
      return (await bench.open(new ReadQueue(redis.url, bench.name)).next())?.metadata
    },
    event: async (use) => {
      await bench.open(new WriteStream(redis.url, bench.name, { use })).publish(1)
      const [[, fields]] = (await bench.raw.xrange(bench.name, '-', '+')) as [[string, string[]]]
      return fields[2] === 'metadata' ? JSON.parse(fields[3] ?? '') : undefined
    },
    function: async (use) => {
      const seen = deferred<Record<string, string>>()
      const options = { prefix: bench.name, use: [seenBy(seen)], onError: bench.onError }
      await bench.open(new FunctionServer(redis.url, { zero: () => 0 }, options)).start()
      await bench.open(new FunctionClient(redis.url, { prefix: bench.name, use })).call('zero')
      return seen.promise
    },
  }

  async function throughRpc(
    use: Middleware[],
    method: string,
    call: (client: Remote<typeof service>) => unknown,
  ): Promise<Record<string, string>> {
    const seen = deferred<Record<string, string>>()
    const rpc = bench.open(new RedisRPC(redis.url))
    await rpc.serve(bench.name, service, { use: [seenBy(seen, method)] })
    await call(rpc.client<typeof service>(bench.name, { use }))
    return seen.promise
  }

  describe('with metadata that leaves no room', () => {
    const { tracerProvider, meterProvider } = new Recorder()
    const traced = otel({ tracerProvider, meterProvider })
    const leaving =
      (room: number): Middleware =>
      ({ call, next }) => {
        call.metadata.user = 'x'.repeat(LIMIT - 'user'.length - room)
        return next()
      }

    for (const [way, send] of Object.entries(WAYS)) {
      it(`sends a ${way} without its trace context`, async () => {
        const metadata = await send([leaving(TRACEPARENT - 1), traced])
        expect(Object.keys(metadata ?? {})).to.deep.equal(['user'])
      })

      it(`sends a ${way} whose metadata is filled up after it was traced`, async () => {
        const metadata = await send([traced, leaving(0)])
        expect(Object.keys(metadata ?? {})).to.deep.equal(['user'])
      })

      it(`sends a ${way} with the trace context if it just fits`, async () => {
        const metadata = await send([leaving(TRACEPARENT), traced])
        expect(Object.keys(metadata ?? {})).to.have.members(['user', 'traceparent'])
      })
    }
  })

  describe('when an SDK fails', () => {
    const broken = (): never => {
      throw new Error('the SDK is broken')
    }
    const sampler: Sampler = { shouldSample: broken }
    const processor = (part: Partial<SpanProcessor>): SpanProcessor => ({
      onStart() {},
      onEnd() {},
      forceFlush: async () => {},
      shutdown: async () => {},
      ...part,
    })
    const brokenPropagator: TextMapPropagator = { inject: broken, extract: broken, fields: () => [] }
    const meter = { createHistogram: () => ({ record: broken }) }
    const FAULTS: Record<string, () => Middleware> = {
      'a sampler': () => otel({ tracerProvider: new NodeTracerProvider({ sampler }) }),
      'a processor, when a span starts': () =>
        otel({ tracerProvider: new NodeTracerProvider({ spanProcessors: [processor({ onStart: broken })] }) }),
      'a processor, when a span ends': () =>
        otel({ tracerProvider: new NodeTracerProvider({ spanProcessors: [processor({ onEnd: broken })] }) }),
      'a histogram': () => otel({ meterProvider: { getMeter: () => meter } as never }),
      'a meter': () => otel({ meterProvider: { getMeter: broken } }),
      'a propagator': () => {
        propagation.setGlobalPropagator(brokenPropagator)
        return otel({ tracerProvider: new NodeTracerProvider() })
      },
    }
    let warned: unknown[]
    beforeEach(() => {
      warned = []
      const warn = (...args: unknown[]): void => void warned.push(args)
      const ignore = (): void => {}
      diag.setLogger({ warn, error: ignore, info: ignore, debug: ignore, verbose: ignore } satisfies DiagLogger, {
        suppressOverrideMessage: true,
      })
    })
    afterEach(() => {
      diag.disable()
      propagation.disable()
    })

    for (const [fault, middleware] of Object.entries(FAULTS)) {
      for (const [way, send] of Object.entries(WAYS)) {
        it(`sends a ${way} in spite of ${fault}`, async () => {
          await send([middleware()])
          expect(warned).not.to.deep.equal([])
        })
      }

      it(`runs a method once in spite of ${fault}`, async () => {
        let runs = 0
        const rpc = bench.open(new RedisRPC(redis.url, { use: [middleware()] }))
        const counting = {
          count: () => ++runs,
          fail: () => {
            throw new RangeError('no')
          },
          async *rows() {
            yield* [1, 2]
          },
        }
        await rpc.serve(bench.name, counting)
        const client = rpc.client<typeof counting>(bench.name)
        expect(await client.count()).to.equal(1)
        expect(await Promise.resolve(client.fail()).catch((error: unknown) => error)).to.be.instanceOf(RangeError)
        const rows: number[] = []
        for await (const row of client.rows()) rows.push(row)
        expect(rows).to.deep.equal([1, 2])
      })
    }
  })
})

/** Records the metadata of what comes in. */
function seenBy(seen: { resolve(metadata: Record<string, string>): void }, method?: string): Middleware {
  return ({ call, next }) => {
    if (call.direction === 'incoming' && (method ?? call.method) === call.method) seen.resolve(call.metadata)
    return next()
  }
}

/** The middleware, only around what goes out. */
function outgoing(middleware: Middleware): Middleware {
  return (step) => (step.call.direction === 'outgoing' ? middleware(step) : step.next())
}
