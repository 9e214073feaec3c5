import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { expect } from 'chai'
import { RedisRPC } from 'redis-object-rpc'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { otel } from 'redis-object-rpc/otel'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

describe('otel', () => {
  const exporter = new InMemorySpanExporter()
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1_000_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  let redis: EmbeddedRedis
  let rpc: RedisRPC
  before(async () => {
    provider.register()
    redis = await EmbeddedRedis.start({ port: 0 })
  })
  after(async () => {
    await redis.close()
    await Promise.all([provider.shutdown(), meterProvider.shutdown()])
    trace.disable()
    context.disable()
    propagation.disable()
  })
  beforeEach(() => {
    exporter.reset()
    rpc = new RedisRPC(redis.url, { use: [otel({ meterProvider, attributes: { 'server.address': 'redis' } })] })
  })
  afterEach(() => rpc.close())

  const spans = (name: string, kind: SpanKind): ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === name && span.kind === kind)
  const one = (name: string, kind: SpanKind): ReadableSpan => {
    const found = spans(name, kind)
    expect(found, `${name} of kind ${kind}`).to.have.length(1)
    return found[0]!
  }

  it('makes one trace of two services and a task of a queue', async () => {
    const [shop, stock, jobs] = [freshName('shop'), freshName('stock'), freshName('jobs')]
    const take = { take: async (thing: string) => `took ${thing}` }
    await rpc.serve(stock, take)
    const far = rpc.client<typeof take>(stock)
    const write = new WriteQueue<{ thing: string; carrier: Record<string, string> }>(redis.url, jobs)
    const read = new ReadQueue<{ thing: string; carrier: Record<string, string> }>(redis.url, jobs)
    const order = {
      order: async (thing: string) => {
        const carrier = {}
        propagation.inject(context.active(), carrier)
        await write.publish({ thing, carrier })
      },
    }
    await rpc.serve(shop, order)
    await rpc.client<typeof order>(shop).order('tea')
    const task = await read.next()
    const { thing, carrier } = task!.content
    expect(await context.with(propagation.extract(context.active(), carrier), () => far.take(thing))).to.equal(
      'took tea',
    )
    await Promise.all([write.close(), read.close()])

    const first = one(`${shop}/order`, SpanKind.CLIENT)
    const ordered = one(`${shop}/order`, SpanKind.SERVER)
    const asked = one(`${stock}/take`, SpanKind.CLIENT)
    const taken = one(`${stock}/take`, SpanKind.SERVER)
    expect(first.parentSpanContext).to.equal(undefined)
    expect(ordered.parentSpanContext?.spanId).to.equal(first.spanContext().spanId)
    expect(asked.parentSpanContext?.spanId).to.equal(ordered.spanContext().spanId)
    expect(taken.parentSpanContext?.spanId).to.equal(asked.spanContext().spanId)
    expect(taken.spanContext().traceId).to.equal(first.spanContext().traceId)
    expect(taken.attributes).to.deep.equal({
      'server.address': 'redis',
      'rpc.system.name': 'redis-object-rpc',
      'rpc.method': `${stock}/take`,
    })
  })

  it('says what failed, and gives names that are not exposed no name of their own', async () => {
    const name = freshName('shop')
    const shop = {
      fail: () => {
        throw new RangeError('sold out')
      },
    }
    await rpc.serve(name, shop)
    const client = rpc.client<typeof shop & { nope(): void }>(name)
    await rejection(client.fail())
    await rejection(client.nope())
    for (const kind of [SpanKind.CLIENT, SpanKind.SERVER]) {
      const { attributes, status, events } = one(`${name}/fail`, kind)
      expect(attributes['error.type']).to.equal('RangeError')
      expect(status).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'sold out' })
      expect(events.map((event) => event.name)).to.deep.equal(['exception'])
    }
    expect(one('_OTHER', SpanKind.SERVER).attributes).to.include({
      'rpc.method': '_OTHER',
      'rpc.method_original': `${name}/nope`,
      'rpc.status_code': 'ERR_METHOD_NOT_FOUND',
    })
  })

  it('has the span of a stream end with the stream, however it ends', async () => {
    const name = freshName('table')
    const table = {
      async *rows(count: number) {
        for (let row = 0; row < count; row++) yield row
        if (count === 3) throw new RangeError('broken')
      },
    }
    await rpc.serve(name, table)
    const client = rpc.client<typeof table>(name)
    const rows: number[] = []
    for await (const row of client.rows(2)) {
      rows.push(row)
      expect(spans(`${name}/rows`, SpanKind.CLIENT)).to.have.length(0)
    }
    expect(rows).to.deep.equal([0, 1])
    for await (const row of client.rows(1_000_000)) if (row === 5) break
    await rejection(
      (async () => {
        for await (const _ of client.rows(3));
      })(),
    )
    await until(() => spans(`${name}/rows`, SpanKind.SERVER).length === 3)
    for (const kind of [SpanKind.CLIENT, SpanKind.SERVER])
      expect(spans(`${name}/rows`, kind).map((span) => span.attributes['error.type'])).to.deep.equal([
        undefined,
        undefined,
        'RangeError',
      ])
  })

  it('measures calls in seconds, with the bounds of the conventions', async () => {
    const name = freshName('calc')
    const calc = { add: (a: number, b: number) => a + b }
    await rpc.serve(name, calc)
    expect(await rpc.client<typeof calc>(name).add(1, 2)).to.equal(3)
    metricExporter.reset()
    await reader.forceFlush()
    const all = metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    for (const histogram of ['rpc.client.call.duration', 'rpc.server.call.duration']) {
      const { descriptor, dataPoints } = all.find((each) => each.descriptor.name === histogram)!
      expect(descriptor.unit).to.equal('s')
      const point = dataPoints.find(({ attributes }) => attributes['rpc.method'] === `${name}/add`)!
      const { count, buckets } = point.value as { count: number; buckets: { boundaries: number[] } }
      expect(count).to.equal(1)
      expect(buckets.boundaries).to.include.members([0.005, 0.075, 7.5, 10]).and.have.length(14)
    }
  })
})
