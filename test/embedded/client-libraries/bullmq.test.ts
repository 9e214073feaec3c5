import { type Job, Queue, QueueEvents, Worker } from 'bullmq'
import { expect } from 'chai'
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'

/** Longer than any of these takes: a job that does not finish shows as one that failed. */
const TIMEOUT_MS = 5000

describe('BullMQ on the embedded server', () => {
  let server: EmbeddedRedis
  let queue: Queue
  let events: QueueEvents
  const workers: Worker[] = []

  before(async () => {
    server = await EmbeddedRedis.start({ port: 0 })
    const connection = { host: server.host, port: server.port, maxRetriesPerRequest: null }
    queue = new Queue('jobs', { connection })
    events = new QueueEvents('jobs', { connection })
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
  })
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
  })
  after(async () => {
    await events?.close()
    await queue?.close()
    await server?.close()
  })

  function work(handler: (job: Job) => Promise<unknown>): Worker {
    const connection = { host: server.host, port: server.port, maxRetriesPerRequest: null }
    const worker = new Worker('jobs', handler, { connection, concurrency: 1 })
    workers.push(worker)
    return worker
  }
  const result = (job: Job): Promise<unknown> => job.waitUntilFinished(events, TIMEOUT_MS)

  it('adds jobs, processes them and keeps the results', async () => {
    work(async (job) => ({ doubled: job.data.n * 2 }))
    const jobs = await queue.addBulk([1, 2, 3].map((n) => ({ name: 'double', data: { n } })))
    expect(await Promise.all(jobs.map(result))).to.deep.equal([{ doubled: 2 }, { doubled: 4 }, { doubled: 6 }])
    expect(await queue.getJobCounts('completed', 'waiting', 'active')).to.deep.equal({
      completed: 3,
      waiting: 0,
      active: 0,
    })
    const stored = await queue.getJob(jobs[0]!.id!)
    expect(stored?.returnvalue).to.deep.equal({ doubled: 2 })
  })

  it('holds a delayed job back until it is due or promoted', async () => {
    work(async (job) => job.name)
    const muchLater = await queue.add('much later', {}, { delay: 3_600_000 })
    expect(await result(await queue.add('soon', {}, { delay: 20 }))).to.equal('soon')
    expect(await result(await queue.add('now', {}))).to.equal('now')
    expect(await muchLater.getState()).to.equal('delayed')
    await muchLater.promote()
    expect(await result(muchLater)).to.equal('much later')
  })

  it('tries a failed job again, gives up after its attempts, and takes it back on demand', async () => {
    let attempts = 0
    let mended = false
    work(async (job) => {
      attempts++
      if (mended || (job.name === 'flaky' && job.attemptsMade === 2)) return 'yes'
      throw new Error(`no ${attempts}`)
    })
    const options = { attempts: 3, backoff: { type: 'fixed', delay: 10 } }
    expect(await result(await queue.add('flaky', {}, options))).to.equal('yes')
    expect(attempts).to.equal(3)
    const hopeless = await queue.add('hopeless', {}, options)
    expect(await result(hopeless).catch((error: Error) => error.message)).to.equal('no 6')
    expect(await hopeless.getState()).to.equal('failed')
    mended = true
    await hopeless.retry()
    expect(await result(hopeless)).to.equal('yes')
  })

  it('takes jobs of higher priority first', async () => {
    await queue.pause()
    const jobs = await Promise.all([3, 1, 2].map((priority) => queue.add('ordered', { priority }, { priority })))
    const order: number[] = []
    work(async (job) => {
      order.push(job.data.priority)
    })
    await queue.resume()
    await Promise.all(jobs.map(result))
    expect(order).to.deep.equal([1, 2, 3])
  })
})
