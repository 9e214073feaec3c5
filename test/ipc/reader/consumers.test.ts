import { expect } from 'chai'
import type { WaitLimits } from '../../../lib/ipc/options.ts'
import { Consumers } from '../../../lib/ipc/reader/consumers.ts'
import { DueTimer } from '../../../lib/ipc/reader/due-timer.ts'
import { Worker } from '../../../lib/ipc/reader/worker.ts'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { rejection } from '../helpers.ts'

const GOOD: WaitLimits = { timeoutMs: undefined, signal: undefined, patient: false }

describe('consumers', () => {
  let clock: ManualClock
  let blind: Error | undefined
  let changes: number
  let consumers: Consumers<string>
  beforeEach(() => {
    clock = new ManualClock()
    blind = undefined
    changes = 0
    consumers = new Consumers(
      clock,
      () => {
        changes++
      },
      () => blind,
    )
  })
  const worker = (concurrency: number, handle: (item: string) => Promise<void> | undefined) =>
    new Worker<string>({ concurrency, signal: undefined, handle, onFree: () => {} })

  it('serves single waits first, in their order, then those that take many', async () => {
    const taken: string[] = []
    const many = worker(2, (item) => {
      taken.push(item)
      return new Promise(() => {})
    })
    void many.run(consumers)
    const waits = [consumers.wait(GOOD), consumers.wait(GOOD)]
    expect(consumers.wanted).to.equal(4)
    expect(consumers.capacity).to.equal(4)
    for (const item of ['a', 'b', 'c', 'd']) expect(consumers.give(item)).to.equal(true)
    expect(consumers.give('e')).to.equal(false)
    expect(await Promise.all(waits)).to.deep.equal(['a', 'b'])
    expect(taken).to.deep.equal(['c', 'd'])
    expect([consumers.wanted, consumers.capacity]).to.deep.equal([0, 2])
  })

  it('tells when more is wanted, and when nothing is any more', async () => {
    const wait = consumers.wait({ ...GOOD, timeoutMs: 10 })
    expect([changes, consumers.wanted]).to.deep.equal([1, 1])
    clock.advance(10)
    expect(await wait).to.equal(undefined)
    expect([changes, consumers.wanted, clock.pending]).to.deep.equal([2, 0, 0])
  })

  it('does not say that there was nothing when it cannot know', async () => {
    blind = new Error('no connection')
    const wait = rejection(consumers.wait({ ...GOOD, timeoutMs: 10 }))
    clock.advance(10)
    expect(await wait).to.equal(blind)
  })

  it('fails the waits that are not patient, and leaves the others', async () => {
    const impatient = rejection(consumers.wait(GOOD))
    const patient = consumers.wait({ ...GOOD, patient: true })
    consumers.fail(() => new Error('away'))
    expect((await impatient).message).to.equal('away')
    consumers.give('a')
    expect(await patient).to.equal('a')
  })

  it('fails all, workers too, for good', async () => {
    const patient = rejection(consumers.wait({ ...GOOD, patient: true }))
    const running = rejection(worker(1, () => undefined).run(consumers))
    consumers.failAll(new Error('wrong type'))
    expect((await patient).message).to.equal('wrong type')
    expect((await running).message).to.equal('wrong type')
    expect(consumers.wanted).to.equal(0)
  })

  it('leaves no listener on a signal', async () => {
    const controller = new AbortController()
    const wait = consumers.wait({ ...GOOD, signal: controller.signal })
    consumers.give('a')
    await wait
    controller.abort()
    expect(consumers.wanted).to.equal(0)
  })
})

describe('worker', () => {
  it('takes no more than it has room for, and ends when what runs has ended', async () => {
    const running: Deferred<void>[] = []
    let free = 0
    const worker = new Worker<number>({
      concurrency: 2,
      signal: undefined,
      handle: () => {
        const run = deferred()
        running.push(run)
        return run.promise
      },
      onFree: () => {
        free++
      },
    })
    const consumers = new Consumers<number>(
      new ManualClock(),
      () => {},
      () => undefined,
    )
    let ended = false
    const ending = worker.run(consumers).then(() => {
      ended = true
    })
    expect([consumers.give(1), consumers.give(2), consumers.give(3)]).to.deep.equal([true, true, false])
    running[0]?.resolve()
    await running[0]?.promise
    await Promise.resolve()
    expect([worker.free, free]).to.deep.equal([1, 1])
    worker.stop()
    expect([worker.free, worker.concurrency]).to.deep.equal([0, 0])
    await Promise.resolve()
    expect(ended).to.equal(false)
    running[1]?.resolve()
    await ending
  })

  it('has room again at once after a handler that ends at once', () => {
    const seen: number[] = []
    const worker = new Worker<number>({
      concurrency: 1,
      signal: undefined,
      handle: (item) => {
        seen.push(item)
        return undefined
      },
      onFree: () => {},
    })
    for (const item of [1, 2, 3]) worker.take(item)
    expect(seen).to.deep.equal([1, 2, 3])
    expect(worker.free).to.equal(1)
  })

  it('takes nothing when its signal has fired before', async () => {
    const options = { concurrency: 1, handle: () => undefined, onFree: () => {} }
    const consumers = new Consumers<number>(
      new ManualClock(),
      () => {},
      () => undefined,
    )
    await new Worker<number>({ ...options, signal: AbortSignal.abort() }).run(consumers)
    expect(consumers.wanted).to.equal(0)
  })
})

describe('due timer', () => {
  it('finds what is overdue, in whatever order times were given, with one timer', () => {
    const clock = new ManualClock()
    const items = ['a', 'b', 'c', 'd'].map((name) => ({ name, dueAt: 0, timeoutMs: 0, isUnacknowledged: true }))
    const overdue: string[] = []
    const timer = new DueTimer(
      clock,
      () => items.filter(({ name }) => !overdue.includes(name)),
      (item) => overdue.push(item.name),
    )
    const [a, b, c, d] = items as [(typeof items)[0], (typeof items)[0], (typeof items)[0], (typeof items)[0]]
    timer.watch(a, 100)
    timer.watch(b, 50)
    timer.watch(c, 100)
    timer.watch(d, 70)
    expect(clock.pending).to.equal(1)
    d.isUnacknowledged = false
    clock.advance(49)
    expect(overdue).to.deep.equal([])
    clock.advance(1)
    expect(overdue).to.deep.equal(['b'])
    timer.watch(a, 200)
    clock.advance(100)
    expect(overdue).to.deep.equal(['b', 'c'])
    clock.advance(100)
    expect(overdue).to.deep.equal(['b', 'c', 'a'])
    expect(clock.pending).to.equal(0)
  })
})
