import { SpanKind } from '@opentelemetry/api'
import { expect } from 'chai'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { otel } from 'redis-object-rpc/otel'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { Bench, rejection } from '../ipc/helpers.ts'
import { idOf, parentOf, Recorder } from './recorder.ts'

describeOnEachRedis('otel around functions', (redis) => {
  const bench = new Bench(redis, 'fn')
  const recorder = new Recorder()
  const { tracerProvider, meterProvider } = recorder
  const use = [otel({ tracerProvider, meterProvider })]
  afterEach(async () => {
    await bench.closeAll()
    const keys = await bench.raw.keys(`*${bench.name}*`)
    if (keys.length > 0) await bench.raw.del(keys)
  })

  const serve = async (functions: object, prefix: string): Promise<void> => {
    await bench
      .open(
        new FunctionServer(redis().url, functions as Record<string, () => unknown>, {
          prefix,
          use,
          onError: bench.onError,
        }),
      )
      .start()
  }
  const client = (prefix: string) =>
    bench.open(new FunctionClient(redis().url, { prefix, use, responseTimeoutMs: 15_000 }))

  it('makes one trace of functions that call functions', async () => {
    const [shop, stock] = [`${bench.name}-shop`, `${bench.name}-stock`]
    const far = client(stock)
    await serve({ take: ({ count }: { count: number }) => count }, stock)
    await serve({ order: (kw: { count: number }) => far.call('take', kw) }, shop)
    expect(await client(shop).call('order', { count: 2 })).to.equal(2)
    const spans = [
      recorder.one(`${shop}/order`, SpanKind.CLIENT),
      recorder.one(`${shop}/order`, SpanKind.SERVER),
      recorder.one(`${stock}/take`, SpanKind.CLIENT),
      recorder.one(`${stock}/take`, SpanKind.SERVER),
    ]
    expect(spans.map(parentOf)).to.deep.equal([undefined, ...spans.map(idOf).slice(0, -1)])
    expect(spans.at(-1)?.attributes).to.deep.equal({
      'rpc.system.name': 'redis-object-rpc',
      'rpc.method': `${stock}/take`,
    })
    const { dataPoints } = await recorder.metric('rpc.server.call.duration')
    expect(dataPoints.map(({ attributes }) => attributes['rpc.method'])).to.include(`${stock}/take`)
  })

  it('has the server continue the trace of a call whose result is fetched later', async () => {
    await serve({ zero: () => 0 }, bench.name)
    const far = client(bench.name)
    const id = await far.callAsync('zero')
    expect(await far.response('zero', id)).to.equal(0)
    const pushed = recorder.one(`${bench.name}/zero`, SpanKind.CLIENT)
    expect(parentOf(recorder.one(`${bench.name}/zero`, SpanKind.SERVER))).to.equal(idOf(pushed))
  })

  it('says what failed', async () => {
    const boom = (): never => {
      throw new RangeError('no')
    }
    await serve({ boom }, bench.name)
    await rejection(client(bench.name).call('boom'))
    expect(recorder.one(`${bench.name}/boom`, SpanKind.SERVER).attributes['error.type']).to.equal('RangeError')
    expect(recorder.one(`${bench.name}/boom`, SpanKind.CLIENT).attributes['error.type']).to.equal('ERR_REMOTE')
  })

  it('begins a trace with a call of the originals', async () => {
    await serve({ zero: () => 0 }, bench.name)
    await bench.raw.rpush(`${bench.name}:zero:calls`, '{"id":"y","kw":{}}')
    await bench.raw.blpop(`${bench.name}:zero:result:y`, 15)
    expect(parentOf(recorder.one(`${bench.name}/zero`, SpanKind.SERVER))).to.equal(undefined)
  })
})
