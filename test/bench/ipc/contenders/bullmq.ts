import { Queue, Worker } from 'bullmq'
import { CONTENT, inLots, type QueueContender, sample } from '../contender.ts'

/** BullMQ in the way that is fastest for it: jobs in bulk, and none kept once it is done. */
export const bullmq: QueueContender = {
  async fill(url, name, count, together) {
    const queue = new Queue(name, { connection: connection(url) })
    await queue.waitUntilReady()
    const job = { name: 'job', data: CONTENT, opts: { removeOnComplete: true } }
    const taken = await sample(count, (tick) =>
      inLots(count, together, tick, (size) => queue.addBulk(Array(size).fill(job))),
    )
    await queue.close()
    return taken
  },

  async drain(url, name, count, concurrency) {
    const options = { connection: connection(url), concurrency, autorun: false }
    const worker = new Worker(name, async () => {}, options)
    await worker.waitUntilReady()
    let completed = 0
    const taken = await sample(count, (tick) => {
      void worker.run()
      return new Promise<void>((resolve) => {
        worker.on('completed', () => {
          tick()
          if (++completed === count) resolve()
        })
      })
    })
    await worker.close()
    return taken
  },
}

function connection(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
