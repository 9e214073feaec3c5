import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { expect } from 'chai'
import { RedisRPC } from 'redis-object-rpc'
import { otel } from 'redis-object-rpc/otel'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { idOf, parentOf, Recorder } from './recorder.ts'

describe('otel', () => {
  const recorder = new Recorder()
  let redis: EmbeddedRedis
  let rpc: RedisRPC
  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
  })
  after(() => redis.close())
  beforeEach(() => {
    const { meterProvider } = recorder
    rpc = new RedisRPC(redis.url, { use: [otel({ meterProvider, attributes: { 'server.address': 'redis' } })] })
  })
  afterEach(() => rpc.close())

  it('makes one trace of two services', async () => {
    const [shop, stock] = [freshName('shop'), freshName('stock')]
    const take = { take: async (thing: string) => `took ${thing}` }
    await rpc.serve(stock, take)
    const far = rpc.client<typeof take>(stock)
    const order = { order: (thing: string) => far.take(thing) }
    await rpc.serve(shop, order)
    expect(await rpc.client<typeof order>(shop).order('tea')).to.equal('took tea')

    const first = recorder.one(`${shop}/order`, SpanKind.CLIENT)
    const ordered = recorder.one(`${shop}/order`, SpanKind.SERVER)
    const asked = recorder.one(`${stock}/take`, SpanKind.CLIENT)
    const taken = recorder.one(`${stock}/take`, SpanKind.SERVER)
    expect([first, ordered, asked, taken].map(parentOf)).to.deep.equal([
      undefined,
      ...[first, ordered, asked].map(idOf),
    ])
    expect(taken.spanContext().traceId).to.equal(first.spanContext().traceId)
    expect(taken.attributes).to.deep.equal({
      'server.address': 'redis',
      'rpc.system.name': 'redis-object-rpc',
      'rpc.method': `${stock}/take`,
    })
  })

  it('gives a call that brings no context no parent, whatever is active where it is served', async () => {
    const name = freshName('calc')
    const calc = { add: (a: number, b: number) => a + b }
    const outer = trace.getTracer('test').startSpan('serve')
    await context.with(trace.setSpan(context.active(), outer), async () => {
      await rpc.serve(name, calc)
      expect(await rpc.client<typeof calc>(name, { use: [] }).add(1, 2)).to.equal(3)
    })
    outer.end()
    expect(parentOf(recorder.one(`${name}/add`, SpanKind.SERVER))).to.equal(undefined)
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
      const { attributes, status, events } = recorder.one(`${name}/fail`, kind)
      expect(attributes['error.type']).to.equal('RangeError')
      expect(status).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'sold out' })
      expect(events.map((event) => event.name)).to.deep.equal(['exception'])
    }
    expect(recorder.one('_OTHER', SpanKind.SERVER).attributes).to.include({
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
      expect(recorder.spans(`${name}/rows`, SpanKind.CLIENT)).to.have.length(0)
    }
    expect(rows).to.deep.equal([0, 1])
    for await (const row of client.rows(1_000_000)) if (row === 5) break
    await rejection(
      (async () => {
        for await (const _ of client.rows(3));
      })(),
    )
    await until(() => recorder.spans(`${name}/rows`, SpanKind.SERVER).length === 3)
    for (const kind of [SpanKind.CLIENT, SpanKind.SERVER])
      expect(recorder.spans(`${name}/rows`, kind).map((span) => span.attributes['error.type'])).to.deep.equal([
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
    for (const histogram of ['rpc.client.call.duration', 'rpc.server.call.duration']) {
      const { descriptor, dataPoints } = await recorder.metric(histogram)
      expect(descriptor.unit).to.equal('s')
      const point = dataPoints.find(({ attributes }) => attributes['rpc.method'] === `${name}/add`)!
      const { count, buckets } = point.value as { count: number; buckets: { boundaries: number[] } }
      expect(count).to.equal(1)
      expect(buckets.boundaries).to.include.members([0.005, 0.075, 7.5, 10]).and.have.length(14)
    }
  })
})
