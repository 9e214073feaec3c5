import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { CONTENT, inLots, type QueueContender, sample } from '../contender.ts'

/** This library; plain and reliable readers differ by one option. */
export function ours(reliable: boolean): QueueContender {
  return {
    async fill(url, name, count, together) {
      const jobs = new WriteQueue<typeof CONTENT>(url, name)
      await jobs.len()
      const taken = await sample(count, (tick) =>
        inLots(count, together, tick, (size) => Promise.all(Array.from({ length: size }, () => jobs.publish(CONTENT)))),
      )
      await jobs.close()
      return taken
    },

    async drain(url, name, count, concurrency) {
      const queue: ReadQueue<typeof CONTENT> = reliable
        ? new ReadQueue(url, name, { reliable })
        : new ReadQueue(url, name)
      await queue.len()
      const stop = new AbortController()
      let handled = 0
      const taken = await sample(count, (tick) => {
        const handle = () => {
          tick()
          if (++handled === count) stop.abort()
        }
        return queue.process(handle, { concurrency, signal: stop.signal })
      })
      await queue.close()
      return taken
    },
  }
}
