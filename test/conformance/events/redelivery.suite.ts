import { expect } from 'chai'
import { LeaseLostError } from 'redis-object-rpc/ipc'
import { deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { TcpProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import type { Events } from './events.ts'

/** Events of a group that fail, or whose reader is late, was lost, or is closed. */
export function redeliverySuite(events: Events): void {
  const { redis, bench, write, join, isBlocked } = events
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

  it('learns that it had an event for too long, and another reader may get it', async () => {
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
}
