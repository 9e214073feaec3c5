import { expect } from 'chai'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import type { Queues } from './queues.ts'

/** Tasks that a reliable reader has given up. */
export function deadLettersSuite(queues: Queues): void {
  const { bench, write, reliable, texts } = queues
  it('gives a task up after maxAttempts, with the last reason', async () => {
    const uuid = await write().publish({ n: 1 })
    const queue = reliable({ maxAttempts: 3 })
    for (const attempt of [1, 2, 3]) {
      const task = await queue.bNext()
      expect(task?.attempt).to.equal(attempt)
      await task?.nack({ reason: `failure ${attempt}` })
    }
    expect(await queue.next()).to.equal(undefined)
    const [letter, ...others] = await queue.deadLetters.list()
    expect(others).to.deep.equal([])
    expect(letter).to.deep.include({ reason: 'failure 3', attempts: 3, text: `{"uuid":"${uuid}","content":{"n":1}}` })
    expect(letter?.id).to.match(/^\d{13}-\d+$/)
    await queue.deadLetters.clear()
  })

  it('lists dead letters by pages, puts them back and forgets them', async () => {
    const jobs = write<number>()
    const queue = reliable<number>()
    for (let n = 0; n < 5; n++) {
      await jobs.publish(n)
      await (await queue.bNext())?.deadLetter(`reason ${n}`)
    }
    const { deadLetters } = queue
    expect(await deadLetters.len()).to.equal(5)
    const page = await deadLetters.list({ count: 2 })
    const next = await deadLetters.list({ count: 2, after: page[1]!.id })
    expect([...page, ...next].map(({ reason }) => reason)).to.deep.equal([
      'reason 0',
      'reason 1',
      'reason 2',
      'reason 3',
    ])
    expect(await deadLetters.replay(page[1]!.id)).to.equal(true)
    expect(await deadLetters.replay(page[1]!.id), 'a second time').to.equal(false)
    const task = await queue.bNext()
    expect(task).to.include({ content: 1, attempt: 1 })
    await task?.ack()
    expect(await deadLetters.remove(page[0]!.id)).to.equal(true)
    expect(await deadLetters.remove(page[0]!.id)).to.equal(false)
    expect(await deadLetters.replayAll()).to.equal(3)
    expect(await deadLetters.list()).to.deep.equal([])
    for (const content of [2, 3, 4]) {
      const task = await queue.next()
      expect(task?.content).to.equal(content)
      await task?.ack()
    }
  })

  it('takes only whole ids of dead letters', async () => {
    const { deadLetters } = reliable()
    await bench.raw.xadd(deadLetters.key, '5-1', 'task', '{"uuid":"u","content":1}')
    for (const id of ['', '5', '-', '+', '(5-1', 'x', undefined as never]) {
      for (const call of [() => deadLetters.replay(id), () => deadLetters.remove(id)]) {
        expect(await rejection(call())).to.include({ code: 'ERR_INVALID_OPTION', option: 'id' })
      }
    }
    expect((await rejection(deadLetters.list({ after: '5' }))).code).to.equal('ERR_INVALID_OPTION')
    expect(await deadLetters.remove('5-1')).to.equal(true)
  })

  it('leaves a dead letter that holds no task', async () => {
    const { deadLetters } = reliable()
    await bench.raw.xadd(deadLetters.key, '5-1', 'task', '{"uuid":"u","content":1}', 'task', 'another')
    await bench.raw.xadd(deadLetters.key, '6-1', 'reason', 'task')
    expect(await deadLetters.replayAll()).to.equal(1)
    expect(await texts()).to.deep.equal(['{"uuid":"u","content":1}'])
    expect(await deadLetters.list()).to.deep.equal([
      { id: '6-1', reason: 'task', attempts: 0, text: '', eventId: undefined },
    ])
    await deadLetters.clear()
  })

  it('keeps a dead letter byte for byte although it is no text', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])
    await bench.raw.lpush(bench.name, bytes)
    const queue = reliable()
    expect(await queue.next()).to.equal(undefined)
    await until(async () => (await queue.deadLetters.len()) === 1)
    const [[, fields]] = (await bench.raw.xrangeBuffer(queue.deadLetters.key, '-', '+')) as unknown as [
      [Buffer, Buffer[]],
    ]
    expect(fields[1]).to.deep.equal(bytes)
    await queue.deadLetters.clear()
  })
}
