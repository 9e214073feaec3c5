import { expect } from 'chai'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import { JUNK } from './junk.ts'
import type { Queues } from './queues.ts'

/** Tasks that are acknowledged or sent back. */
export function acknowledgementSuite(queues: Queues): void {
  const { bench, write, plain, reliable, texts } = queues
  const hashOf = async () => (await bench.raw.keys(`*${bench.name}*hand*`))[0] as string

  it('keeps a task in Redis until it is acknowledged', async () => {
    const uuid = await write().publish('work')
    const queue = reliable()
    const task = await queue.next()
    expect(task).to.include({ uuid, content: 'work', attempt: 1 })
    const keys = await bench.keys()
    expect(keys.map((key) => key.replace(/hand:.*/, 'hand'))).to.deep.equal(['{NAME}:hand', '{NAME}:readers'])
    const hash = keys[0]!.replace('NAME', bench.name)
    expect(await bench.raw.hvals(hash)).to.deep.equal([`{"uuid":"${uuid}","content":"work"}`])
    await task?.ack()
    expect(await bench.raw.exists(hash)).to.equal(0)
  })

  it('acknowledges a thousand in a few commands', async () => {
    const jobs = write<number>()
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => jobs.publish(i)))
    const queue = reliable<number>()
    const calls = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await bench.raw.info('commandstats'))?.[1] ?? 0)
    const before = await calls()
    const stop = new AbortController()
    let done = 0
    await queue.process(
      () => {
        if (++done === 1_000) stop.abort()
      },
      { concurrency: 200, signal: stop.signal },
    )
    expect((await calls()) - before).to.be.below(50)
    expect(await queue.len()).to.equal(0)
  })

  it('sends a task back to the end, and its text counts the attempts', async () => {
    const text = '{"uuid":"a","content":12345678901234567890,"price":1.0}'
    await bench.raw.lpush(bench.name, text, '{"uuid":"b","content":2}')
    const queue = reliable()
    await (await queue.next())?.nack()
    expect(await texts()).to.deep.equal([
      '{"uuid":"a","content":12345678901234567890,"price":1.0,"attempts":1}',
      '{"uuid":"b","content":2}',
    ])
    await (await queue.next())?.ack()
    const again = await queue.next()
    expect(again).to.include({ uuid: 'a', attempt: 2 })
    await again?.nack()
    expect(await texts()).to.deep.equal(['{"uuid":"a","content":12345678901234567890,"price":1.0,"attempts":2}'])
  })

  it('counts no attempts but those at the very end of a text', async () => {
    await bench.raw.lpush(
      bench.name,
      '{"uuid":"a","attempts":9,"content":1}',
      '{"uuid":"b","content":{"x":1,"attempts":9}}',
      '{"uuid":"c","content":1,"attempts":3} \n',
    )
    const queue = reliable({ maxAttempts: 100 })
    for (const attempt of [1, 1, 4]) {
      const task = await queue.next()
      expect(task?.attempt).to.equal(attempt)
      await task?.nack()
    }
    expect(await texts()).to.deep.equal([
      '{"uuid":"c","content":1,"attempts":4}',
      '{"uuid":"b","content":{"x":1,"attempts":9},"attempts":1}',
      '{"uuid":"a","attempts":9,"content":1,"attempts":1}',
    ])
  })

  it('lets a task that is sent back wait', async () => {
    await write().publish('work')
    const queue = reliable()
    const sentBackAt = Date.now()
    await (await queue.next())?.nack({ delayMs: 60 })
    const task = await queue.bNext()
    expect(task?.attempt).to.equal(2)
    expect(Date.now() - sentBackAt).to.be.at.least(59)
    await task?.ack()
  })

  it('lets a task wait for longer than a timer runs', async () => {
    const delayMs = 100 * 365 * 24 * 3_600_000
    await write().publish('much later', { delayMs })
    const queue = reliable()
    await write().publish('later')
    await (await queue.bNext())?.nack({ delayMs })
    expect(await queue.next()).to.equal(undefined)
    expect(await queue.bNext({ timeoutMs: 20 })).to.equal(undefined)
    expect(await queue.len()).to.equal(0)
    const delayed = `{${bench.name}}:delayed`
    expect(await bench.raw.zcount(delayed, Date.now() + delayMs - 60_000, Date.now() + delayMs)).to.equal(2)
    await bench.raw.del(delayed)
  })

  it('keeps two tasks apart that have the same text', async () => {
    await bench.raw.lpush(bench.name, '{"uuid":"a","content":1}', '{"uuid":"a","content":1}')
    const queue = reliable()
    const [one, two] = [await queue.next(), await queue.next()]
    await Promise.all([one?.nack({ delayMs: 20 }), two?.nack({ delayMs: 20 })])
    const again = [await queue.bNext(), await queue.bNext()]
    expect(again.map((task) => task?.attempt)).to.deep.equal([2, 2])
    await again[0]?.ack()
    expect(await bench.raw.hlen(await hashOf())).to.equal(1)
    await again[1]?.ack()
  })

  it('tells once that delayed tasks cannot be moved', async () => {
    await bench.raw.set(`{${bench.name}}:delayed`, 'text')
    const clock = new ManualClock()
    const queue = reliable({ clock, leaseMs: 100_000 })
    await queue.next()
    await until(() => bench.errors.length === 1)
    const attempts = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await bench.raw.info('commandstats'))?.[1] ?? 0)
    const before = await attempts()
    await until(async () => {
      clock.advance(1_000)
      return (await attempts()) >= before + 3
    })
    expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
    await bench.raw.del(`{${bench.name}}:delayed`)
  })

  for (const [junk, problem] of JUNK) {
    it(`moves ${junk.slice(0, 40) || 'an empty text'} to the dead letters and goes on`, async () => {
      const queue = reliable({ maxMessageBytes: 1_500, maxDepth: 100 })
      await bench.raw.lpush(bench.name, junk, '{"uuid":"good","content":1}')
      const task = await queue.bNext()
      expect(task?.uuid).to.equal('good')
      await task?.ack()
      await until(async () => (await queue.deadLetters.len()) === 1)
      const [letter] = await queue.deadLetters.list()
      expect(letter?.text).to.equal(junk)
      expect(letter?.reason).to.match(problem)
      expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
      await queue.deadLetters.clear()
    })
  }

  it('settles a task once', async () => {
    await write().publish('work')
    const task = (await reliable().next())!
    await task.ack()
    for (const call of [() => task.ack(), () => task.nack(), () => task.deadLetter('no')]) {
      expect((await rejection(call())).code).to.equal('ERR_LEASE_LOST')
    }
  })

  it('may be settled again after a bad option', async () => {
    await write().publish('work')
    const task = (await reliable().next())!
    expect((await rejection(task.nack({ delayMs: -1 }))).code).to.equal('ERR_INVALID_OPTION')
    await task.ack()
  })

  it('acknowledges what a handler returns from, and sends back what it throws at, after a while', async () => {
    const jobs = write<string>()
    for (const name of ['good', 'bad', 'own']) await jobs.publish(name)
    const queue = reliable<string>({ maxAttempts: 2 })
    const stop = new AbortController()
    const seen: string[] = []
    const processing = queue.process(
      async (task) => {
        seen.push(`${task.content} ${task.attempt}`)
        if (task.content === 'bad') throw new TypeError('not good')
        if (task.content === 'own') await task.deadLetter('as I see it')
      },
      { signal: stop.signal, retryDelayMs: (attempt) => attempt * 10 },
    )
    await until(async () => (await queue.deadLetters.len()) === 2)
    stop.abort()
    await processing
    expect(seen).to.deep.equal(['good 1', 'bad 1', 'own 1', 'bad 2'])
    const letters = await queue.deadLetters.list()
    expect(letters.map(({ reason }) => reason)).to.deep.equal(['as I see it', 'TypeError: not good'])
    expect(bench.errors).to.deep.equal([])
    await queue.deadLetters.clear()
  })

  it('shares a queue with a plain reader', async () => {
    const jobs = write<number>()
    const [one, two] = [plain<number>(), reliable<number>()]
    const seen: number[] = []
    const stop = new AbortController()
    const note = ({ content }: { content: number }) => {
      if (seen.push(content) === 200) stop.abort()
    }
    const processing = Promise.all([
      one.process(note, { concurrency: 3, signal: stop.signal }),
      two.process(note, { concurrency: 3, signal: stop.signal }),
    ])
    for (let i = 0; i < 200; i++) await jobs.publish(i)
    await processing
    expect(seen.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 200 }, (_, i) => i))
  })
}
