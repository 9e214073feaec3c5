import { expect } from 'chai'
import { LeaseLostError } from 'redis-object-rpc/ipc'
import { deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import type { Queues } from './queues.ts'

/** Tasks whose reader is late, was lost, or is closed. */
export function leaseSuite(queues: Queues): void {
  const { bench, write, reliable, texts } = queues
  it('gives a task back that is not acknowledged in time', async () => {
    const clock = new ManualClock()
    const queue = reliable({ clock, visibilityTimeoutMs: 1_000 })
    await write().publish('slow')
    const task = (await queue.next())!
    const lost = new Promise((resolve) => task.signal.addEventListener('abort', () => resolve(task.signal.reason)))
    clock.advance(999)
    expect(task.signal.aborted).to.equal(false)
    clock.advance(1)
    expect(await lost).to.be.instanceOf(LeaseLostError)
    const error = await rejection(task.ack())
    expect(error).to.be.instanceOf(LeaseLostError)
    expect(error).to.include({ key: bench.name, id: task.uuid })
    expect(error.message).to.match(/not acknowledged within 1000 ms/)
    const again = await queue.bNext()
    expect(again).to.include({ uuid: task.uuid, attempt: 2 })
    await again?.ack()
  })

  it('gives a task more time when it is asked to', async () => {
    const clock = new ManualClock()
    const queue = reliable({ clock, visibilityTimeoutMs: 100 })
    await write().publish('slow')
    const task = (await queue.next())!
    clock.advance(90)
    task.extend()
    clock.advance(90)
    task.extend(500)
    clock.advance(499)
    expect(task.signal.aborted).to.equal(false)
    clock.advance(1)
    expect(task.signal.aborted).to.equal(true)
    await until(async () => (await texts()).length === 1)
    expect(() => task.extend(0)).to.throw('timeoutMs must be')
  })

  it('loses nothing when its hash is something else', async () => {
    const queue = reliable()
    await queue.next()
    const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
    const hash = `{${bench.name}}:hand:${reader}`
    await bench.raw.set(hash, 'text')
    const uuid = await write().publish('work')
    expect(await rejection(queue.next())).to.include({ code: 'ERR_WRONG_TYPE', key: hash })
    expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"work"}`])
    await bench.raw.del(hash)
    await (await queue.next())?.ack()
  })

  it('gives a task back as soon as Redis takes it, although it was refused in time', async () => {
    const clock = new ManualClock()
    const queue = reliable({ clock, visibilityTimeoutMs: 1_000, leaseMs: 30_000 })
    const uuid = await write().publish('slow')
    await queue.next()
    await bench.raw.set(bench.name, 'text')
    clock.advance(1_000)
    await until(() => bench.errors.length > 0)
    await bench.raw.del(bench.name)
    clock.advance(9_000)
    await until(async () => (await texts()).length === 1)
    expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"slow","attempts":1}`])
    expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
  })

  it('acknowledges what was done as soon as Redis takes it', async () => {
    const clock = new ManualClock()
    const queue = reliable({ clock, leaseMs: 30_000 })
    await write().publish('work')
    const [begun, end] = [deferred(), deferred()]
    const processing = rejection(
      queue.process(() => {
        begun.resolve()
        return end.promise
      }),
    )
    await begun.promise
    const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
    const hash = `{${bench.name}}:hand:${reader}`
    await bench.raw.rename(hash, `${hash} meanwhile`)
    await bench.raw.set(hash, 'text')
    end.resolve()
    expect((await processing).code).to.equal('ERR_WRONG_TYPE')
    await until(() => bench.errors.length > 0)
    await bench.raw.rename(`${hash} meanwhile`, hash)
    clock.advance(10_000)
    await until(async () => (await bench.raw.exists(hash)) === 0)
    expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
    await queue.close()
    expect(await texts()).to.deep.equal([])
  })

  it('gives a task back that is not settled in time after its acknowledgement was refused', async () => {
    const clock = new ManualClock()
    const queue = reliable({ clock, visibilityTimeoutMs: 1_000 })
    const uuid = await write().publish('work')
    const task = (await queue.next())!
    const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
    const hash = `{${bench.name}}:hand:${reader}`
    await bench.raw.rename(hash, `${hash} meanwhile`)
    await bench.raw.set(hash, 'text')
    expect((await rejection(task.ack())).code).to.equal('ERR_WRONG_TYPE')
    await bench.raw.rename(`${hash} meanwhile`, hash)
    clock.advance(1_000)
    expect(task.signal.aborted).to.equal(true)
    await until(async () => (await texts()).length === 1)
    expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"work","attempts":1}`])
  })

  it('takes over what lost readers had although there is junk among them', async () => {
    const tag = `{${bench.name}}`
    await bench.raw.set(`${tag}:hand:no hash`, 'text')
    await bench.raw.hset(`${tag}:hand:odd names`, { x: 'junk', y: 'junk', nan: 'junk', '1': 'junk' })
    await bench.raw.hset(`${tag}:hand:reader`, { '1': '{"uuid":"good","content":1}' })
    await bench.raw.zadd(`${tag}:readers`, 1, 'no hash', 2, 'odd names', 3, 'reader')
    const queue = reliable()
    const task = await queue.bNext()
    expect(task).to.include({ uuid: 'good', attempt: 2 })
    await task?.ack()
    expect(await bench.raw.zcard(`${tag}:readers`)).to.equal(1)
    expect(bench.codes()).to.include('ERR_WRONG_TYPE')
    await bench.raw.del(`${tag}:hand:no hash`)
    expect(await queue.bNext({ timeoutMs: 0 })).to.equal(undefined)
    await until(async () => (await queue.deadLetters.len()) === 4)
    await queue.deadLetters.clear()
  })

  it('gives everything back when it is closed although there is junk in its hash', async () => {
    const uuid = await write().publish('work')
    const queue = reliable()
    await queue.next()
    const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
    await bench.raw.hset(`{${bench.name}}:hand:${reader}`, { odd: 'junk', odder: 'junk' })
    await queue.close()
    expect(await texts()).to.have.length(3)
    expect(await texts()).to.include(`{"uuid":"${uuid}","content":"work"}`)
  })

  it('takes over what a lost reader had, the oldest first, and what had woken it', async () => {
    const tag = `{${bench.name}}`
    await bench.raw.hset(`${tag}:hand:gone`, {
      '9': '{"uuid":"a","content":1}',
      '10': '{"uuid":"b","content":1,"attempts":4}',
      '11': 'junk',
      '12': '{"uuid":"c","content":1}',
    })
    await bench.raw.zadd(`${tag}:readers`, 1, 'gone')
    await bench.raw.lpush(`${tag}:arrived`, '{"uuid":"d","content":1}')
    const queue = reliable()
    const tasks = []
    while (tasks.length < 3) {
      const task = await queue.bNext()
      tasks.push([task?.uuid, task?.attempt])
      await task?.ack()
    }
    expect(tasks.toSorted()).to.deep.equal([
      ['a', 2],
      ['c', 2],
      ['d', 1],
    ])
    await until(async () => (await queue.deadLetters.len()) === 2)
    const letters = await queue.deadLetters.list()
    expect(letters.map(({ text, attempts }) => [text, attempts]).toSorted()).to.deep.equal([
      ['junk', 1],
      ['{"uuid":"b","content":1}', 5],
    ])
    expect(letters.find(({ attempts }) => attempts === 5)?.reason).to.equal('its reader was lost')
    expect(await bench.raw.zcard(`${tag}:readers`)).to.equal(1)
    await queue.deadLetters.clear()
  })

  it('learns that others have taken its tasks over because it was silent', async () => {
    // Its clock stands still, so it says nothing of itself.
    const silent = reliable({ clock: new ManualClock(), leaseMs: 100 })
    await write().publish('work')
    const task = (await silent.next())!
    const other = reliable({ leaseMs: 100 })
    const taken = (await other.bNext())!
    expect(taken).to.include({ uuid: task.uuid, attempt: 2 })
    expect((await rejection(task.ack())).code).to.equal('ERR_LEASE_LOST')
    expect(task.signal.aborted).to.equal(true)
    await taken.ack()
  })

  it('renews its lease for as long as it lives', async () => {
    const queue = reliable({ leaseMs: 2_400 })
    await write().publish('work')
    const task = (await queue.next())!
    const other = reliable({ leaseMs: 2_400 })
    const waiting = rejection(other.bNext())
    const readers = `{${bench.name}}:readers`
    const [reader = ''] = await bench.raw.zrange(readers, 0, '-1')
    let [renewals, expiry] = [0, 0]
    await until(async () => {
      const now = Number(await bench.raw.zscore(readers, reader))
      if (now > expiry) renewals++
      expiry = now
      return renewals === 4
    })
    await task.ack()
    await other.close()
    expect((await waiting).code).to.equal('ERR_CLOSED')
  })

  it('gives everything back when it is closed, the oldest first and no attempt counted', async () => {
    const jobs = write<number>()
    await Promise.all([1, 2, 3, 4].map((n) => jobs.publish(n)))
    const queue = reliable<number>()
    const tasks = [await queue.next(), await queue.next(), await queue.next()]
    await tasks[1]?.ack()
    const before = await texts()
    await queue.close()
    const contents = (await texts()).map((text) => JSON.parse(text))
    expect(contents.map(({ content }) => content)).to.deep.equal([4, 3, 1])
    expect(before).to.have.length(1)
    expect(contents.every((task) => task.attempts === undefined)).to.equal(true)
    expect((await rejection(tasks[0]!.ack())).code).to.equal('ERR_LEASE_LOST')
  })
}
