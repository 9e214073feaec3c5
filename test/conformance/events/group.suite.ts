import { expect } from 'chai'
import { WrongTypeError } from 'redis-object-rpc/ipc'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import type { Events } from './events.ts'
import { JUNK } from './junk.ts'

/** Readers that share the events of a group. */
export function groupSuite(events: Events): void {
  const { bench, write, join, isBlocked } = events
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
}
