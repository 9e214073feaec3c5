import { expect } from 'chai'
import {
  GroupReadStream,
  type GroupReadStreamOptions,
  InvalidDataError,
  LeaseLostError,
  ReadStream,
  type ReadStreamOptions,
  WriteStream,
  WrongTypeError,
} from 'redis-object-rpc/ipc'
import { deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts, rejection } from '../ipc/helpers.ts'

const ID = /^\d{13}-\d+$/

/** Fields that are no event, and what is said of them. */
const JUNK: readonly (readonly [fields: readonly string[], problem: RegExp])[] = [
  [['other', '1'], /no field content/],
  [['value', 'content'], /no field content/],
  [['content', 'junk'], /not JSON/],
  [['content', '{"__proto__":1}'], /__proto__/],
  [['content', '1', 'meta', 'junk'], /not JSON/],
  [['content', '1', 'meta', '{"values":["nonsense"],"v":1}'], /./],
  [['content', `"${'x'.repeat(2_000)}"`], /maxMessageBytes/],
]

/** The wire of redis_ipc, and what is better here than there. */
export function eventsSuite(redis: () => RunningRedis): void {
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

  describe('writer', () => {
    it('writes exactly the entry of redis_ipc', async () => {
      const id = await write().publish({ price: 17 })
      expect(id).to.match(ID)
      expect(await bench.raw.xrange(bench.name, '-', '+')).to.deep.equal([[id, ['content', '{"price":17}']]])
    })

    it('writes beside it what JSON does not carry', async () => {
      const id = await write().publish(new Date(0))
      const [[, fields]] = (await bench.raw.xrange(bench.name, '-', '+')) as [[string, string[]]]
      expect(fields).to.deep.equal(['content', '"1970-01-01T00:00:00.000Z"', 'meta', '{"values":["Date"],"v":1}'])
      expect(await read().last()).to.deep.equal({ id, content: new Date(0), metadata: {} })
    })

    it('keeps the order in which events were published', async () => {
      const prices = write<number>()
      const ids = await Promise.all(Array.from({ length: 500 }, (_, i) => prices.publish(i)))
      const entries = await bench.raw.xrange(bench.name, '-', '+')
      expect(entries.map(([id]) => id)).to.deep.equal(ids)
      expect(entries.map(([, [, content]]) => Number(content))).to.deep.equal(Array.from({ length: 500 }, (_, i) => i))
      expect(await prices.len()).to.equal(500)
    })

    it('trims the stream, roughly', async () => {
      const prices = write({ maxEvents: 10 })
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => prices.publish(i)))
      expect(await prices.len()).to.be.within(10, 250)
    })

    it('says which key has which type when it is not a stream', async () => {
      await bench.raw.set(bench.name, 'x')
      const error = await rejection(write().publish(1))
      expect(error).to.be.instanceOf(WrongTypeError)
      expect(error).to.include({ key: bench.name, expected: 'stream', actual: 'string' })
    })

    it('finishes what it was given when it is closed, and takes no more', async () => {
      const prices = write()
      const publishing = prices.publish(1)
      await prices.close()
      expect(await publishing).to.match(ID)
      expect((await rejection(prices.publish(2))).code).to.equal('ERR_CLOSED')
    })
  })

  describe('reader', () => {
    it('reads the entries that redis_ipc writes, 42-0 too', async () => {
      await bench.raw.xadd(bench.name, '42-0', 'content', '{"price": 17.0}')
      const prices = read({ from: '0' })
      expect(await prices.last()).to.deep.equal({ id: '42-0', content: { price: 17 }, metadata: {} })
      expect(await prices.bNext()).to.deep.equal({ id: '42-0', content: { price: 17 }, metadata: {} })
    })

    it('knows how many there are and which is the newest', async () => {
      const prices = read()
      expect(await prices.len()).to.equal(0)
      expect(await prices.last()).to.equal(undefined)
      const out = write<number>()
      await out.publish(1)
      const id = await out.publish(2)
      expect(await prices.len()).to.equal(2)
      expect(await prices.last()).to.deep.equal({ id, content: 2, metadata: {} })
    })

    it('starts from the beginning, behind an id, or now', async () => {
      const out = write<number>()
      const ids = [await out.publish(1), await out.publish(2)]
      const readers = [read<number>({ from: '0' }), read<number>({ from: ids[0] as string }), read<number>()]
      for (const reader of readers) await reader.open()
      await out.publish(3)
      const first = await Promise.all(readers.map((reader) => reader.bNext()))
      expect(first.map((event) => event?.content)).to.deep.equal([1, 2, 3])
    })

    it('misses nothing between the first two reads', async () => {
      const [out, prices] = [write<number>(), read<number>()]
      await out.publish(1)
      expect(await prices.bNext({ timeoutMs: 0 })).to.equal(undefined)
      await out.publish(2)
      expect((await prices.bNext({ timeoutMs: 0 }))?.content).to.equal(2)
      expect(await prices.bNext({ timeoutMs: 0 })).to.equal(undefined)
      await out.publish(3)
      await out.publish(4)
      expect((await prices.bNext())?.content).to.equal(3)
      expect((await prices.bNext())?.content).to.equal(4)
    })

    it('misses nothing that comes while a wait is given up', async () => {
      const [out, prices] = [write<number>(), read<number>()]
      await prices.open()
      const controller = new AbortController()
      const waiting = rejection(prices.bNext({ signal: controller.signal }))
      await until(isBlocked)
      controller.abort('enough')
      expect(await waiting).to.equal('enough')
      await out.publish(1)
      await out.publish(2)
      expect((await prices.bNext())?.content).to.equal(1)
      expect((await prices.bNext({ timeoutMs: 0 }))?.content).to.equal(2)
    })

    it('waits until there is an event, and no longer than it was told', async () => {
      const clock = new ManualClock()
      const [out, prices] = [write<number>(), read<number>({ clock })]
      await prices.open()
      const waiting = prices.bNext()
      await until(isBlocked)
      await out.publish(1)
      expect((await waiting)?.content).to.equal(1)
      const late = prices.bNext({ timeoutMs: 500 })
      clock.advance(500)
      expect(await late).to.equal(undefined)
    })

    it('serves those who wait in the order in which they began', async () => {
      const [out, prices] = [write<number>(), read<number>({ from: '0', batchSize: 2 })]
      const waits = [prices.bNext(), prices.bNext(), prices.bNext()]
      for (const n of [1, 2, 3, 4]) await out.publish(n)
      expect((await Promise.all(waits)).map((event) => event?.content)).to.deep.equal([1, 2, 3])
      expect((await prices.bNext())?.content).to.equal(4)
    })

    it('gives each event once and in order to a loop, which ends when it is closed', async () => {
      const [out, prices] = [write<number>(), read<number>({ from: '0', batchSize: 7 })]
      const publishing = Promise.all(Array.from({ length: 100 }, (_, i) => out.publish(i)))
      const seen: number[] = []
      for await (const event of prices) if (seen.push(event.content) === 100) void prices.close()
      await publishing
      expect(seen).to.deep.equal(Array.from({ length: 100 }, (_, i) => i))
    })

    for (const [fields, problem] of JUNK) {
      it(`throws ${fields.join(' ').slice(0, 40)} and goes on behind it`, async () => {
        const prices = read<number>({ from: '0', maxMessageBytes: 1_500 })
        const id = await bench.raw.xadd(bench.name, '*', ...fields)
        await bench.raw.xadd(bench.name, '*', 'content', '1')
        const error = await rejection(prices.bNext())
        expect(error).to.be.instanceOf(InvalidDataError)
        expect(error).to.include({ key: bench.name, id })
        expect(error.message).to.match(problem)
        expect((await prices.bNext())?.content).to.equal(1)
      })
    }

    it('takes nothing for a loop that is left while it waits', async () => {
      const prices = read<number>()
      const events = prices[Symbol.asyncIterator]() as AsyncGenerator<unknown, void>
      const waiting = events.next()
      await until(isBlocked)
      await events.return()
      expect(await waiting).to.deep.equal({ value: undefined, done: true })
      const id = await write().publish(1)
      expect(await prices.bNext()).to.deep.equal({ id, content: 1, metadata: {} })
    })

    it('tells of junk and goes on in a loop', async () => {
      await bench.raw.xadd(bench.name, '*', 'content', 'junk')
      await bench.raw.xadd(bench.name, '*', 'content', '1')
      for await (const event of read({ from: '0' })) {
        expect(event.content).to.equal(1)
        break
      }
      expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
    })

    it('says which key has which type when it is not a stream', async () => {
      await bench.raw.set(bench.name, 'x')
      for (const from of ['$', '0']) {
        const prices = read({ from })
        for (const call of [
          () => prices.bNext(),
          () => prices.bNext({ timeoutMs: 0 }),
          () => prices.len(),
          () => prices.last(),
        ]) {
          const error = await rejection(call())
          expect(error).to.be.instanceOf(WrongTypeError)
          expect(error).to.include({ key: bench.name, expected: 'stream', actual: 'string' })
        }
      }
    })

    it('leaves no timer behind when it is closed', async () => {
      const clock = new ManualClock()
      const prices = read({ clock })
      await prices.open()
      const waits = [prices.bNext({ timeoutMs: 1_000 }), rejection(prices.bNext({ timeoutMs: 1_000 }))]
      await write().publish(1)
      await waits[0]
      await prices.close()
      await waits[1]
      expect(clock.pending).to.equal(0)
    })

    it('refuses a start that is no id', () => {
      for (const from of ['', 'x', '1-', '-1', '1-2-3', '18446744073709551616', '$0']) {
        expect(() => read({ from })).to.throw("from must be '$', '0' or the id of an event")
      }
    })

    it('rejects waits when it is closed, and what comes after', async () => {
      const prices = read()
      const waiting = rejection(prices.bNext())
      await until(isBlocked)
      await prices.close()
      expect((await waiting).code).to.equal('ERR_CLOSED')
      for (const call of [() => prices.bNext(), () => prices.len(), () => prices.last(), () => prices.open()]) {
        expect((await rejection(call())).code).to.equal('ERR_CLOSED')
      }
      expect(prices.close()).to.equal(prices.close())
    })
  })

  describe('group', () => {
    beforeEach(function () {
      return needScripts.call(this, bench.raw)
    })

    it('shares the events among its readers, and each stays pending until it is acknowledged', async () => {
      const out = write<number>()
      const ids = [await out.publish(1), await out.publish(2)]
      const readers = [join<number>(), join<number>()]
      const events = [await readers[0]!.bNext(), await readers[1]!.bNext()]
      expect(events.map((event) => event?.id)).to.deep.equal(ids)
      expect(events.map((event) => [event?.content, event?.attempt])).to.deep.equal([
        [1, 1],
        [2, 1],
      ])
      const pending = async () => (await bench.raw.xpending(bench.name, 'group'))[0]
      expect(await pending()).to.equal(2)
      await events[0]?.ack()
      expect(await pending()).to.equal(1)
      await events[1]?.ack()
      expect(await pending()).to.equal(0)
      expect(await readers[0]!.next()).to.equal(undefined)
    })

    it('starts where it is told when it is new, and goes on where it is', async () => {
      const out = write<number>()
      await out.publish(1)
      const late = join<number>({ from: '$' })
      await late.open()
      await out.publish(2)
      const event = await late.bNext()
      expect(event?.content).to.equal(2)
      await event?.ack()
      await late.close()
      await out.publish(3)
      const next = await join<number>({ from: '0' }).bNext()
      expect(next?.content).to.equal(3)
      await next?.ack()
    })

    it('gives events one after the other to a loop, which ends when it is closed', async () => {
      const [out, prices] = [write<number>(), join<number>()]
      const publishing = Promise.all(Array.from({ length: 50 }, (_, i) => out.publish(i)))
      const seen: number[] = []
      for await (const event of prices) {
        await event.ack()
        if (seen.push(event.content) === 50) void prices.close()
      }
      await publishing
      expect(seen).to.deep.equal(Array.from({ length: 50 }, (_, i) => i))
    })

    it('waits until there is an event, and no longer than it was told', async () => {
      const clock = new ManualClock()
      const [out, prices] = [write<number>(), join<number>({ clock })]
      await prices.open()
      const waiting = prices.bNext()
      await until(isBlocked)
      await out.publish(1)
      await (await waiting)?.ack()
      const late = prices.bNext({ timeoutMs: 500 })
      clock.advance(500)
      expect(await late).to.equal(undefined)
      expect(await rejection(prices.bNext({ signal: AbortSignal.abort('before') }))).to.equal('before')
    })

    it('lets others have what comes for a wait that was given up', async () => {
      const [prices, other] = [join<number>(), join<number>({ claimIdleMs: 600 })]
      await prices.open()
      const controller = new AbortController()
      const waiting = rejection(prices.bNext({ signal: controller.signal }))
      await until(isBlocked)
      controller.abort()
      await waiting
      await write<number>().publish(1)
      const event = await other.bNext()
      expect(event).to.include({ content: 1, attempt: 1 })
      await event?.ack()
    })

    it('gives an event that is sent back to whoever asks, and counts its attempts', async () => {
      await write().publish('work')
      const prices = join()
      const event = (await prices.bNext())!
      await event.nack()
      const again = (await prices.bNext())!
      expect(again).to.include({ id: event.id, content: 'work', attempt: 2 })
      const sentBackAt = Date.now()
      await again.nack({ delayMs: 60 })
      const last = (await prices.bNext())!
      expect(Date.now() - sentBackAt).to.be.at.least(59)
      expect(last.attempt).to.equal(3)
      const error = await rejection(last.nack({ delayMs: 60_000 }))
      expect(error.message).to.match(/delayMs must be at most claimIdleMs, 30000/)
      await last.ack()
    })

    it('has nothing for whoever asks while an event that was sent back waits', async () => {
      await write().publish('work')
      const prices = join()
      const event = (await prices.bNext())!
      await event.nack({ delayMs: 30_000 })
      expect(await prices.next()).to.equal(undefined)
    })

    it('claims what a reader has left that died', async () => {
      const id = await write().publish('work')
      await bench.raw.xgroup('CREATE', bench.name, 'group', '0')
      await bench.raw.xreadgroup('GROUP', 'group', 'reader:gone', 'STREAMS', bench.name, '>')
      const prices = join({ claimIdleMs: 600 })
      const event = await prices.bNext()
      expect(event).to.include({ id, attempt: 2 })
      await event?.ack()
      const consumers = (await bench.raw.xinfo('CONSUMERS', bench.name, 'group')) as string[][]
      expect(consumers.map(([, name]) => name)).not.to.include('reader:gone')
    })

    it('gives an event up after maxAttempts, with the last reason', async () => {
      const id = await write().publish({ n: 1 })
      const prices = join({ maxAttempts: 2 })
      for (const attempt of [1, 2]) {
        const event = await prices.bNext()
        expect(event?.attempt).to.equal(attempt)
        await event?.nack({ reason: `failure ${attempt}` })
      }
      expect(await prices.next()).to.equal(undefined)
      const [letter] = await prices.deadLetters.list()
      expect(letter).to.include({ reason: 'failure 2', attempts: 2, text: '{"n":1}', eventId: id })
      expect(await prices.deadLetters.replay(letter!.id)).to.equal(true)
      expect(await prices.deadLetters.len()).to.equal(0)
      const event = await prices.bNext()
      expect(event).to.include({ id, attempt: 1 })
      await event?.ack()
    })

    it('claims what is due once that is wanted, while it still waits for what is new', async () => {
      const id = await write().publish('work')
      const proxy = bench.open(await TcpProxy.start(redis().url))
      const clock = new ManualClock()
      const prices = join({ clock }, proxy.url)
      const first = await prices.bNext()
      const second = prices.bNext()
      await until(isBlocked)
      // From now on its wait for what is new has no end.
      proxy.toClient = (_chunk, { sent }) => (sent.includes('BLOCK') ? 'drop' : 'pass')
      await first?.nack()
      clock.advance(0)
      await (await second)?.nack()
      clock.advance(0)
      const third = await prices.bNext()
      expect(third).to.include({ id, attempt: 3 })
      await third?.ack()
    })

    it('gives an event up that its readers die of', async () => {
      await write().publish('poison')
      await bench.raw.xgroup('CREATE', bench.name, 'group', '0')
      await bench.raw.xreadgroup('GROUP', 'group', 'reader:one', 'STREAMS', bench.name, '>')
      const prices = join({ claimIdleMs: 300, maxAttempts: 1 })
      const waiting = rejection(prices.bNext())
      await until(async () => (await prices.deadLetters.len()) === 1)
      expect((await prices.deadLetters.list())[0]).to.include({ reason: 'not acknowledged in time', attempts: 1 })
      await prices.deadLetters.clear()
      await prices.close()
      await waiting
    })

    it('gives up all that failed too often in one look, and goes on to what did not', async () => {
      const out = write<number>()
      const ids = await Promise.all(Array.from({ length: 21 }, (_, i) => out.publish(i)))
      await bench.raw.xgroup('CREATE', bench.name, 'group', '0')
      await bench.raw.xreadgroup('GROUP', 'group', 'gone', 'STREAMS', bench.name, '>')
      for (const id of ids.slice(0, 20)) {
        await bench.raw.xclaim(bench.name, 'group', 'gone', 0, id, 'RETRYCOUNT', 5, 'IDLE', 60_000, 'JUSTID')
      }
      await bench.raw.xclaim(bench.name, 'group', 'gone', 0, ids[20]!, 'IDLE', 60_000, 'JUSTID')
      const clock = new ManualClock()
      const event = await join({ clock }).bNext()
      expect(event).to.include({ id: ids[20], attempt: 2 })
      await event?.ack()
      const prices = join()
      expect(await prices.deadLetters.len()).to.equal(20)
      await prices.deadLetters.clear()
    })

    it('gives an event up although it has thousands of fields', async () => {
      const fields = Array.from({ length: 10_000 }, (_, i) => `${i}`)
      const id = await bench.raw.xadd(bench.name, '*', 'content', '1', ...fields)
      const prices = join()
      const event = await prices.next()
      await event?.deadLetter('no')
      expect((await prices.deadLetters.list())[0]).to.include({ reason: 'no', text: '1', eventId: id })
      await prices.deadLetters.clear()
    })

    it('cannot put back an event that was trimmed from its stream', async () => {
      const id = await write().publish('work')
      const prices = join()
      await (await prices.bNext())?.deadLetter('no')
      await bench.raw.xdel(bench.name, id)
      const [letter] = await prices.deadLetters.list()
      expect(await prices.deadLetters.replay(letter!.id)).to.equal(false)
      expect(await prices.deadLetters.replayAll()).to.equal(0)
      expect(await prices.deadLetters.remove(letter!.id)).to.equal(true)
    })

    for (const [fields, problem] of JUNK) {
      it(`moves ${fields.join(' ').slice(0, 40)} to the dead letters and goes on`, async () => {
        const id = await bench.raw.xadd(bench.name, '*', ...fields)
        await bench.raw.xadd(bench.name, '*', 'content', '1')
        const prices = join<number>({ maxMessageBytes: 1_500 })
        const event = await prices.bNext()
        expect(event?.content).to.equal(1)
        await event?.ack()
        await until(async () => (await prices.deadLetters.len()) === 1)
        const [letter] = await prices.deadLetters.list()
        expect(letter?.eventId).to.equal(id)
        expect(letter?.reason).to.match(problem)
        const [[, copied]] = (await bench.raw.xrange(prices.deadLetters.key, '-', '+')) as [[string, string[]]]
        expect(copied.slice(6)).to.deep.equal(fields)
        expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
        await prices.deadLetters.clear()
      })
    }

    it('is told when it had an event for too long, and others may have it', async () => {
      const clock = new ManualClock()
      const prices = join({ clock, claimIdleMs: 1_000 })
      await write().publish('slow')
      const event = (await prices.bNext())!
      clock.advance(900)
      await event.extend()
      clock.advance(900)
      expect(event.signal.aborted).to.equal(false)
      clock.advance(100)
      expect(event.signal.aborted).to.equal(true)
      expect(await rejection(event.ack())).to.be.instanceOf(LeaseLostError)
    })

    it('is refused more time when others have the event', async () => {
      const silent = join({ clock: new ManualClock(), claimIdleMs: 600 })
      await write().publish('work')
      const event = (await silent.bNext())!
      const other = join({ claimIdleMs: 600 })
      const taken = (await other.bNext())!
      expect(taken).to.include({ id: event.id, attempt: 2 })
      expect(await rejection(event.extend())).to.be.instanceOf(LeaseLostError)
      expect((await rejection(event.nack())).code).to.equal('ERR_LEASE_LOST')
      await taken.ack()
    })

    it('leaves what it has to others when it is closed, and no attempt is counted', async () => {
      const out = write<number>()
      await Promise.all([1, 2, 3].map((n) => out.publish(n)))
      const prices = join<number>()
      const events = [await prices.bNext(), await prices.bNext()]
      await prices.close()
      expect((await rejection(events[0]!.ack())).code).to.equal('ERR_LEASE_LOST')
      const other = join<number>()
      const seen = []
      for (let i = 0; i < 3; i++) {
        const event = await other.bNext()
        seen.push([event?.content, event?.attempt])
        await event?.ack()
      }
      expect(seen).to.deep.equal([
        [1, 1],
        [2, 1],
        [3, 1],
      ])
      await other.close()
      expect(await bench.raw.xinfo('CONSUMERS', bench.name, 'group')).to.deep.equal([])
    })

    it('acknowledges what a handler returns from, and sends back what it throws at', async () => {
      const out = write<string>()
      for (const name of ['good', 'bad', 'own']) await out.publish(name)
      const prices = join<string>({ maxAttempts: 2 })
      const stop = new AbortController()
      const seen: string[] = []
      const processing = prices.process(
        async (event) => {
          seen.push(`${event.content} ${event.attempt}`)
          if (event.content === 'bad') throw new TypeError('not good')
          if (event.content === 'own') await event.deadLetter('as I see it')
        },
        { signal: stop.signal, retryDelayMs: 10 },
      )
      await until(async () => (await prices.deadLetters.len()) === 2)
      stop.abort()
      await processing
      expect(seen.toSorted()).to.deep.equal(['bad 1', 'bad 2', 'good 1', 'own 1'])
      expect(bench.errors).to.deep.equal([])
      await prices.deadLetters.clear()
    })

    it('acknowledges what was done as soon as Redis takes it', async () => {
      const clock = new ManualClock()
      const prices = join({ clock, claimIdleMs: 3_600_000 })
      await write().publish('work')
      const [begun, end] = [deferred(), deferred()]
      const processing = rejection(
        prices.process(() => {
          begun.resolve()
          return end.promise
        }),
      )
      await begun.promise
      await bench.raw.rename(bench.name, `${bench.name} meanwhile`)
      await bench.raw.set(bench.name, 'text')
      end.resolve()
      expect((await processing).code).to.equal('ERR_WRONG_TYPE')
      await until(() => bench.errors.length > 0)
      await bench.raw.rename(`${bench.name} meanwhile`, bench.name)
      const stop = new AbortController()
      const waiting = rejection(prices.bNext({ signal: stop.signal }))
      clock.advance(1_800_000)
      await until(async () => (await bench.raw.xpending(bench.name, 'group'))[0] === 0)
      stop.abort()
      await waiting
      expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
    })

    it('leaves no timer behind when it is closed', async () => {
      const clock = new ManualClock()
      const prices = join({ clock })
      const waits = [prices.bNext({ timeoutMs: 1_000 }), rejection(prices.bNext({ timeoutMs: 1_000 }))]
      await write().publish(1)
      const event = (await waits[0]) as { ack(): Promise<void> }
      await event.ack()
      await prices.close()
      await waits[1]
      expect(clock.pending).to.equal(0)
    })

    it('is made anew when it was removed, and misses nothing', async () => {
      const [out, prices] = [write<number>(), join<number>()]
      await out.publish(1)
      await (await prices.bNext())?.ack()
      const waiting = prices.bNext()
      await until(isBlocked)
      await bench.raw.del(bench.name)
      await out.publish(2)
      const event = await waiting
      expect(event?.content).to.equal(2)
      await event?.ack()
    })

    it('is made anew also for who only looks', async () => {
      const [out, prices] = [write<number>(), join<number>()]
      expect(await prices.next()).to.equal(undefined)
      await bench.raw.del(bench.name)
      await out.publish(1)
      const event = await prices.next()
      expect(event?.content).to.equal(1)
      await event?.ack()
    })

    it('says which key has which type when it is not a stream', async () => {
      await bench.raw.set(bench.name, 'x')
      const prices = join()
      for (const call of [
        () => prices.bNext(),
        () => prices.next(),
        () => prices.open(),
        () => prices.process(() => {}),
      ]) {
        const error = await rejection(call())
        expect(error).to.be.instanceOf(WrongTypeError)
        expect(error).to.include({ key: bench.name, expected: 'stream', actual: 'string' })
      }
    })

    it('rejects waits when it is closed, and what comes after', async () => {
      const prices = join()
      const waiting = rejection(prices.bNext())
      await until(isBlocked)
      await prices.close()
      expect((await waiting).code).to.equal('ERR_CLOSED')
      for (const call of [
        () => prices.bNext(),
        () => prices.next(),
        () => prices.open(),
        () => prices.process(() => {}),
      ]) {
        expect((await rejection(call())).code).to.equal('ERR_CLOSED')
      }
      expect(prices.close()).to.equal(prices.close())
    })
  })
}
