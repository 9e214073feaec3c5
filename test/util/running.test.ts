import { expect } from 'chai'
import { deferred } from '../../lib/util/deferred.ts'
import { Running, type WorkInProgress } from '../../lib/util/running.ts'

class Job implements WorkInProgress<Job> {
  isRunning = false
  before: Job | undefined
  after: Job | undefined
  readonly outcomes: unknown[] = []

  succeed(value: unknown): void {
    this.outcomes.push({ value })
  }

  fail(thrown: unknown): void {
    this.outcomes.push({ thrown })
  }
}

describe('running work', () => {
  let freed: number
  let running: Running<Job>
  beforeEach(() => {
    freed = 0
    running = new Running(() => freed++)
  })

  it('counts and lists what has begun and not ended, in order', async () => {
    const jobs = [new Job(), new Job(), new Job()]
    const results = jobs.map(() => deferred<unknown>())
    for (const [index, job] of jobs.entries()) running.add(job, results[index]!.promise)
    expect(running.size).to.equal(3)
    expect([...running.works]).to.deep.equal(jobs)
    results[1]!.resolve('done')
    await results[1]!.promise
    expect(running.size).to.equal(2)
    expect([...running.works]).to.deep.equal([jobs[0], jobs[2]])
    expect(jobs[1]!.outcomes).to.deep.equal([{ value: 'done' }])
    expect(freed).to.equal(1)
    results[0]!.resolve(undefined)
    results[2]!.resolve(undefined)
    await running.ended()
    expect(running.size).to.equal(0)
  })

  it('reports one outcome, however often a thenable calls back', async () => {
    const job = new Job()
    const twice = Object.fromEntries([['then', (resolve: (value: unknown) => void) => [resolve(1), resolve(2)]]])
    running.add(job, twice as unknown as PromiseLike<unknown>)
    await running.ended()
    expect(job.outcomes).to.deep.equal([{ value: 1 }])
    expect(freed).to.equal(1)
  })

  it('ends all of it with a reason, and later results are dropped', async () => {
    const jobs = [new Job(), new Job()]
    const results = jobs.map(() => deferred<unknown>())
    for (const [index, job] of jobs.entries()) running.add(job, results[index]!.promise)
    const ended = running.ended()
    running.giveUp(() => 'closed')
    await ended
    expect(running.size).to.equal(0)
    results[0]!.resolve('late')
    results[1]!.reject('late')
    await Promise.allSettled(results.map(({ promise }) => promise))
    for (const { outcomes } of jobs) expect(outcomes).to.deep.equal([{ thrown: 'closed' }])
    expect(freed).to.equal(2)
  })

  it('resolves at once when nothing runs', () => running.ended())
})
