import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { expect } from 'chai'
import { RedisRPC } from 'redis-object-rpc'
import { GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { otel } from 'redis-object-rpc/otel'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { until } from '../helpers/until.ts'
import { Bench, rejection } from '../ipc/helpers.ts'
import { idOf, parentOf, Recorder } from './recorder.ts'

const MALFORMED: readonly Record<string, string>[] = [
  { traceparent: 'nonsense' },
  { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
  { traceparent: 'x'.repeat(16_000), tracestate: '=,=,=' },
  { baggage: 'a=b;;;,,,=', tracestate: 'x'.repeat(10_000) },
]

describeOnEachRedis('otel around tasks and events', (redis) => {
  const bench = new Bench(redis, 'jobs')
  const recorder = new Recorder()
  // Not the global provider: it is another one in the next suite, and what was made here would keep this one.
  const { tracerProvider, meterProvider } = recorder
  const use = [otel({ tracerProvider, meterProvider })]
  const settings = { use, onError: bench.onError }
  afterEach(async () => {
    await bench.closeAll()
    const keys = await bench.raw.keys(`*${bench.name}*`)
    if (keys.length > 0) await bench.raw.del(keys)
  })

  const write = (): WriteQueue<unknown> => bench.open(new WriteQueue<unknown>(redis().url, bench.name, settings))
  const plain = (): ReadQueue<unknown> => bench.open(new ReadQueue<unknown>(redis().url, bench.name, settings))
  const reliable = (maxAttempts = 5) =>
    bench.open(new ReadQueue<unknown>(redis().url, bench.name, { ...settings, reliable: true, maxAttempts }))
  const group = (maxAttempts = 5): GroupReadStream<unknown> =>
    bench.open(
      new GroupReadStream<unknown>(redis().url, bench.name, 'billing', {
        ...settings,
        from: '0',
        claimIdleMs: 1_000,
        maxAttempts,
      }),
    )
  /** Handles one item, and waits until its span has ended. */
  const handle = async <I>(
    reader: { process(handler: (item: I) => unknown, options: { signal: AbortSignal }): Promise<void> },
    handler: (item: I) => unknown = () => {},
  ): Promise<void> => {
    const done = new AbortController()
    const work = async (item: I): Promise<void> => {
      done.abort()
      await handler(item)
    }
    await reader.process(work, { signal: done.signal })
  }
  const produced = () => recorder.one(`publish ${bench.name}`, SpanKind.PRODUCER)
  const consumed = () => recorder.one(`process ${bench.name}`, SpanKind.CONSUMER)
  const attemptsMade = () => recorder.spans(`process ${bench.name}`, SpanKind.CONSUMER)

  for (const isReliable of [false, true]) {
    it(`makes one trace of two services and a ${isReliable ? 'reliable' : 'plain'} queue between them`, async () => {
      const [shop, stock] = [`${bench.name}-shop`, `${bench.name}-stock`]
      const rpc = bench.open(new RedisRPC(redis().url, { use }))
      const jobs = write()
      const order = { order: (thing: string) => jobs.publish(thing) }
      const take = { take: async (thing: string) => `took ${thing}` }
      await rpc.serve(shop, order)
      await rpc.serve(stock, take)
      const far = rpc.client<typeof take>(stock)
      await rpc.client<typeof order>(shop).order('tea')
      await handle<{ content: unknown }>(isReliable ? reliable() : plain(), async ({ content }) => {
        await far.take(String(content))
      })

      const spans = [
        recorder.one(`${shop}/order`, SpanKind.CLIENT),
        recorder.one(`${shop}/order`, SpanKind.SERVER),
        produced(),
        consumed(),
        recorder.one(`${stock}/take`, SpanKind.CLIENT),
        recorder.one(`${stock}/take`, SpanKind.SERVER),
      ]
      expect(spans.map(parentOf)).to.deep.equal([undefined, ...spans.map(idOf).slice(0, -1)])
      expect(new Set(spans.map((span) => span.spanContext().traceId))).to.have.property('size', 1)
    })
  }

  it('says what was published and handled, as the conventions have it', async () => {
    const uuid = await write().publish(1, { delayMs: 1 })
    await handle(reliable())
    const common = { 'messaging.system': 'redis-object-rpc', 'messaging.destination.name': bench.name }
    const [publish, process] = [
      { ...common, 'messaging.operation.name': 'publish', 'messaging.operation.type': 'send' },
      { ...common, 'messaging.operation.name': 'process', 'messaging.operation.type': 'process' },
    ]
    expect(produced().attributes).to.deep.equal({ ...publish, 'messaging.message.id': uuid })
    expect(consumed().attributes).to.deep.equal({ ...process, 'messaging.message.id': uuid })
    for (const [name, attributes] of [
      ['messaging.client.operation.duration', publish],
      ['messaging.process.duration', process],
    ] as const) {
      const { descriptor, dataPoints } = await recorder.metric(name)
      expect(descriptor.unit).to.equal('s')
      const point = dataPoints.find((each) => each.attributes['messaging.destination.name'] === bench.name)!
      expect(point.attributes).to.deep.equal(attributes)
      expect(point.value).to.include({ count: 1 })
    }
  })

  it('makes a span of each attempt, all with the same parent, also after the replay of a dead letter', async () => {
    const uuid = await write().publish(1)
    const queue = reliable(2)
    const processing = queue.process(
      () => {
        throw new RangeError('no')
      },
      { retryDelayMs: 0 },
    )
    await until(async () => (await queue.deadLetters.len()) === 1)
    await queue.close()
    await processing
    const later = reliable()
    expect(await later.deadLetters.replayAll()).to.equal(1)
    await handle(later)

    const spans = attemptsMade()
    const parent = idOf(produced())
    expect(spans.map(parentOf)).to.deep.equal([parent, parent, parent])
    expect(spans.map(({ attributes }) => attributes['messaging.message.id'])).to.deep.equal([uuid, uuid, uuid])
    expect(spans.map(({ attributes }) => attributes['error.type'])).to.deep.equal([
      'RangeError',
      'RangeError',
      undefined,
    ])
    expect(spans[0]?.status).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'no' })
    expect(spans[0]?.attributes).not.to.have.property('rpc.status_code')
  })

  it('says that a task was not published', async () => {
    await bench.raw.set(bench.name, 'no list')
    await rejection(write().publish(1))
    const { attributes, status } = produced()
    expect(attributes['error.type']).to.equal('ERR_WRONG_TYPE')
    expect(status.code).to.equal(SpanStatusCode.ERROR)
  })

  it('gives a task of others no parent, whatever was active where handling began', async () => {
    await bench.raw.lpush(bench.name, '{"uuid":"u","content":1}')
    const outer = trace.getTracer('test').startSpan('start')
    await context.with(trace.setSpan(context.active(), outer), () => handle(reliable()))
    outer.end()
    expect(parentOf(consumed())).to.equal(undefined)
  })

  it('reads a context that is none as no context', async () => {
    for (const metadata of MALFORMED)
      await bench.raw.lpush(bench.name, JSON.stringify({ uuid: 'u', content: 1, metadata }))
    const queue = reliable()
    const processing = queue.process(() => {})
    await until(() => attemptsMade().length === MALFORMED.length)
    await queue.close()
    await processing
    expect(attemptsMade().map(parentOf)).to.deep.equal(MALFORMED.map(() => undefined))
    expect(bench.errors).to.deep.equal([])
  })

  it('has the context of a task and of an event at hand where there is no handler', async () => {
    await write().publish(1)
    const [fromQueue] = [await plain().next()]
    await bench.raw.del(bench.name)
    await bench.open(new WriteStream(redis().url, bench.name, settings)).publish(1)
    const fromStream = await bench.open(new ReadStream(redis().url, bench.name, { from: '0' })).bNext()
    const ids = [fromQueue, fromStream].map(
      (item) => trace.getSpanContext(propagation.extract(context.active(), item?.metadata))?.spanId,
    )
    expect(ids).to.deep.equal(recorder.spans(`publish ${bench.name}`, SpanKind.PRODUCER).map(idOf))
  })

  it('makes spans of events and of the attempts of a group at them', async () => {
    const id = await bench.open(new WriteStream(redis().url, bench.name, settings)).publish({ price: 17 })
    const events = group(2)
    const processing = events.process(
      () => {
        throw new RangeError('no')
      },
      { retryDelayMs: 0 },
    )
    await until(async () => (await events.deadLetters.len()) === 1)
    await events.close()
    await processing
    const later = group()
    expect(await later.deadLetters.replayAll()).to.equal(1)
    await handle(later)

    expect(produced().attributes).to.deep.equal({
      'messaging.system': 'redis-object-rpc',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': bench.name,
      'messaging.message.id': id,
    })
    const spans = attemptsMade()
    const parent = idOf(produced())
    expect(spans.map(parentOf)).to.deep.equal([parent, parent, parent])
    expect(spans.at(-1)?.attributes).to.deep.equal({
      'messaging.system': 'redis-object-rpc',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': bench.name,
      'messaging.consumer.group.name': 'billing',
      'messaging.message.id': id,
    })
  })
})

describeOnEachRedis('otel without an SDK', (redis) => {
  const bench = new Bench(redis, 'jobs')
  afterEach(async () => {
    await bench.closeAll()
    await bench.raw.del(bench.name)
  })

  it('leaves tasks and events byte for byte what they are', async () => {
    const use = [otel()]
    const uuid = await bench.open(new WriteQueue(redis().url, bench.name, { use })).publish(1)
    expect(await bench.raw.lrange(bench.name, 0, -1)).to.deep.equal([`{"uuid":"${uuid}","content":1}`])
    await bench.raw.del(bench.name)
    const id = await bench.open(new WriteStream(redis().url, bench.name, { use })).publish(1)
    expect(await bench.raw.xrange(bench.name, '-', '+')).to.deep.equal([[id, ['content', '1']]])
  })
})
