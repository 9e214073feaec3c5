import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { WrongTypeError } from 'redis-object-rpc/ipc'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { needScripts, rejection } from '../../ipc/helpers.ts'
import type { Queues } from './queues.ts'

/** What plain and reliable readers have in common. */
export function readerSuite(queues: Queues, kind: 'plain reader' | 'reliable reader'): void {
  const read = kind === 'plain reader' ? queues.plain : queues.reliable
  const { bench, write, texts, isBlocked } = queues
  if (kind === 'reliable reader') {
    beforeEach(function () {
      return needScripts.call(this, bench.raw)
    })
  }
  const ack = (task: unknown) => (task as { ack?(): Promise<void> }).ack?.()

  it('takes the texts of redis_ipc, the oldest first', async () => {
    await bench.raw.lpush(
      bench.name,
      '{"uuid":"6f1c","content":{"n":1}}',
      ' {"content": [2] , "uuid": "7a2b", "more": 0} ',
    )
    const queue = read()
    const [one, two] = [await queue.next(), await queue.next()]
    expect(one)
      .to.include({ uuid: '6f1c' })
      .and.deep.include({ content: { n: 1 } })
    expect(two)
      .to.include({ uuid: '7a2b' })
      .and.deep.include({ content: [2] })
    await ack(one)
    await ack(two)
  })

  it('has nothing when there is nothing', async () => {
    const queue = read()
    expect(await queue.next()).to.equal(undefined)
    expect(await queue.bNext({ timeoutMs: 0 })).to.equal(undefined)
    expect(await queue.len()).to.equal(0)
  })

  it('tells an empty content from none', async () => {
    const queue = read()
    await write().publish(null)
    const task = await queue.next()
    expect(task?.content).to.equal(null)
    await ack(task)
  })

  it('waits until there is a task', async () => {
    const queue = read()
    const waiting = queue.bNext()
    await until(async () => (await bench.raw.info('clients')).includes('blocked_clients:1'))
    const uuid = await write().publish('late')
    const task = await waiting
    expect(task).to.include({ uuid, content: 'late' })
    await ack(task)
  })

  it('waits no longer than it was told', async () => {
    const clock = new ManualClock()
    const queue = read({ clock })
    await queue.len()
    const waiting = queue.bNext({ timeoutMs: 500 })
    clock.advance(500)
    expect(await waiting).to.equal(undefined)
  })

  it('ends a wait with the reason of its signal', async () => {
    const queue = read()
    const controller = new AbortController()
    const waiting = rejection(queue.bNext({ signal: controller.signal }))
    controller.abort('enough')
    expect(await waiting).to.equal('enough')
    expect(await rejection(queue.bNext({ signal: AbortSignal.abort('before') }))).to.equal('before')
  })

  it('takes nothing for a wait that was given up', async () => {
    const [queue, other] = [read(), read()]
    const controller = new AbortController()
    const waiting = rejection(queue.bNext({ signal: controller.signal }))
    await until(async () => (await bench.raw.info('clients')).includes('blocked_clients:1'))
    controller.abort()
    await waiting
    const uuid = await write().publish('for others')
    const task = await other.bNext()
    expect(task?.uuid).to.equal(uuid)
    await ack(task)
  })

  it('serves those who wait in the order in which they began', async () => {
    const queue = read<number>()
    const waits = [queue.bNext(), queue.bNext(), queue.bNext()]
    const jobs = write<number>()
    for (const n of [1, 2, 3]) await jobs.publish(n)
    const tasks = await Promise.all(waits)
    expect(tasks.map((task) => task?.content)).to.deep.equal([1, 2, 3])
    for (const task of tasks) await ack(task)
  })

  it('gives tasks one after the other to a loop, which ends when it is closed', async () => {
    const queue = read<number>()
    const jobs = write<number>()
    for (const n of [1, 2, 3]) await jobs.publish(n)
    const seen: number[] = []
    for await (const task of queue) {
      seen.push(task.content)
      await ack(task)
      if (task.content === 3) void queue.close()
    }
    expect(seen).to.deep.equal([1, 2, 3])
  })

  it('takes nothing for a loop that is left while it waits', async () => {
    for (const leave of ['return', 'throw'] as const) {
      const queue = read<number>()
      const tasks = queue[Symbol.asyncIterator]() as AsyncGenerator<unknown, void>
      const waiting = tasks.next()
      await until(isBlocked)
      const left = leave === 'return' ? tasks.return() : rejection(tasks.throw(new RangeError('enough')))
      expect(await waiting).to.deep.equal({ value: undefined, done: true })
      if (leave === 'return') expect(await left).to.deep.equal({ value: undefined, done: true })
      else expect(await left).to.be.instanceOf(RangeError)
      const uuid = await write().publish(1)
      const task = await queue.bNext()
      expect(task?.uuid).to.equal(uuid)
      await ack(task)
      await queue.close()
    }
  })

  it('handles as many at once as it is told, and takes no more', async () => {
    const queue = read<number>()
    const jobs = write<number>()
    await Promise.all(Array.from({ length: 10 }, (_, i) => jobs.publish(i)))
    const running: (() => void)[] = []
    const stop = new AbortController()
    const seen: number[] = []
    const processing = queue.process(
      (task) => {
        seen.push(task.content)
        return new Promise<void>((resolve) => void running.push(resolve))
      },
      { concurrency: 4, signal: stop.signal },
    )
    for (let left = 10; left > 0; ) {
      await until(() => running.length === Math.min(4, left))
      expect(await queue.len()).to.equal(left - running.length)
      left -= running.length
      for (const end of running.splice(0)) end()
    }
    stop.abort()
    await processing
    expect(seen).to.deep.equal(Array.from({ length: 10 }, (_, i) => i))
  })

  it('survives whatever a handler throws', async () => {
    const weird: readonly unknown[] = [
      Object.create(null),
      Symbol('thrown'),
      undefined,
      null,
      Object.assign(new Error(), { message: Symbol('message') }),
      new Proxy(new Error('behind a proxy'), {
        get() {
          throw new Error('unreadable')
        },
      }),
      revoked(),
    ]
    for (const [i] of weird.entries()) await bench.raw.lpush(bench.name, `{"uuid":"u${i}","content":${i}}`)
    const queue = read<number>()
    const stop = new AbortController()
    let handled = 0
    await queue.process(
      (task) => {
        if (++handled === weird.length) stop.abort()
        if (handled % 2 === 0) throw weird[task.content]
        return Promise.reject(weird[task.content])
      },
      { signal: stop.signal, ...('deadLetters' in queue && { retryDelayMs: 60_000 }) },
    )
    if ('deadLetters' in queue) expect(await bench.raw.zcard(`{${bench.name}}:delayed`)).to.equal(weird.length)
    else expect(bench.errors).to.have.length(weird.length)
    await bench.raw.del(`{${bench.name}}:delayed`)
  })

  it('waits for handlers when it is closed, and takes no more', async () => {
    const queue = read()
    const jobs = write()
    await jobs.publish('one')
    let finish = () => {}
    let started = false
    const processing = queue.process(() => {
      started = true
      return new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    await until(() => started)
    const closing = queue.close()
    const uuid = await jobs.publish('two')
    finish()
    await closing
    await processing
    expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"two"}`])
  })

  it('gives up a handler that does not end', async () => {
    const queue = read({ drainTimeoutMs: 20 })
    const uuid = await write().publish('stuck')
    let isRunning = false
    const processing = queue.process(() => {
      isRunning = true
      return new Promise(() => {})
    })
    await until(() => isRunning)
    await queue.close()
    await processing
    const left = kind === 'plain reader' ? [] : [`{"uuid":"${uuid}","content":"stuck"}`]
    expect(await texts()).to.deep.equal(left)
  })

  it('rejects waits when it is closed, and what comes after', async () => {
    const queue = read()
    const waiting = rejection(queue.bNext())
    await queue.close()
    expect((await waiting).code).to.equal('ERR_CLOSED')
    for (const call of [() => queue.next(), () => queue.bNext(), () => queue.process(() => {}), () => queue.len()]) {
      expect((await rejection(call())).code).to.equal('ERR_CLOSED')
    }
    expect(queue.close()).to.equal(queue.close())
  })

  it('can be asked to process again after it was stopped', async () => {
    const queue = read<number>()
    const jobs = write<number>()
    const seen: number[] = []
    for (const n of [1, 2, 3]) {
      const stop = new AbortController()
      const note = ({ content }: { content: number }) => {
        seen.push(content)
        stop.abort()
      }
      const processing = queue.process(note, { signal: stop.signal })
      await jobs.publish(n)
      await processing
    }
    await queue.process(() => seen.push(0), { signal: AbortSignal.abort() })
    expect(seen).to.deep.equal([1, 2, 3])
  })

  it('leaves no timer behind when it is closed', async () => {
    const clock = new ManualClock()
    const queue = read({ clock })
    const waits = [queue.bNext({ timeoutMs: 1_000 }), rejection(queue.bNext({ timeoutMs: 1_000 }))]
    await write().publish(1)
    const task = await waits[0]
    await ack(task)
    await queue.close()
    await waits[1]
    expect(clock.pending).to.equal(0)
  })

  it('leaves no timer behind when it is closed while it connects', async () => {
    const clock = new ManualClock()
    const queue = read({ clock })
    const waiting = rejection(queue.bNext())
    await queue.close()
    expect((await waiting).code).to.equal('ERR_CLOSED')
    await setImmediate()
    expect(clock.pending).to.equal(0)
  })

  it('says which key has which type when it is not a list', async () => {
    await bench.raw.hset(bench.name, 'a', 1)
    const queue = read()
    for (const call of [
      () => queue.next(),
      () => queue.bNext(),
      () => queue.bNext(),
      () => queue.process(() => {}),
      () => queue.len(),
    ]) {
      const error = await rejection(call())
      expect(error).to.be.instanceOf(WrongTypeError)
      expect(error).to.include({ key: bench.name, expected: 'list', actual: 'hash' })
    }
    await bench.raw.del(bench.name)
    const uuid = await write().publish('now a list')
    const task = await queue.bNext()
    expect(task?.uuid).to.equal(uuid)
    await ack(task)
  })

  it('gets a delayed task when it is due and not before', async function () {
    await needScripts.call(this, bench.raw)
    const queue = read()
    const jobs = write()
    const waiting = queue.bNext()
    const now = async () => {
      const [seconds, microseconds] = (await bench.raw.time()) as unknown as [string, string]
      return Number(seconds) * 1_000 + Number(microseconds) / 1_000
    }
    const publishedAt = await now()
    await jobs.publish('now')
    await Promise.all([jobs.publish('later', { delayMs: 400 }), jobs.publish('sooner', { delayMs: 60 })])
    const tasks = [await waiting, await queue.bNext(), await queue.bNext()]
    expect(tasks.map((task) => task?.content)).to.deep.equal(['now', 'sooner', 'later'])
    expect(await now()).to.be.at.least(publishedAt + 399)
    for (const task of tasks) await ack(task)
  })

  it('gets a delayed task although its writer is gone', async function () {
    await needScripts.call(this, bench.raw)
    const jobs = write()
    await jobs.publish('later', { delayMs: 60 })
    await jobs.close()
    const queue = read()
    const task = await queue.bNext()
    expect(task?.content).to.equal('later')
    await ack(task)
  })
}

/** A proxy of which nothing can be asked. */
function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
