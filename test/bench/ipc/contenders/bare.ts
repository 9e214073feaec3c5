import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { CONTENT, inLots, type QueueContender, sample } from '../contender.ts'

/** What one would write by hand: pipelines of LPUSH and of RPOP, JSON, nothing else. */
export const bare: QueueContender = {
  async fill(url, name, count, together) {
    const redis = new Redis(url)
    await redis.ping()
    const taken = await sample(count, (tick) =>
      inLots(count, together, tick, (size) => {
        const pipeline = redis.pipeline()
        for (let i = 0; i < size; i++) pipeline.lpush(name, JSON.stringify({ uuid: randomUUID(), content: CONTENT }))
        return pipeline.exec()
      }),
    )
    redis.disconnect()
    return taken
  },

  async drain(url, name, count, concurrency) {
    const redis = new Redis(url)
    await redis.ping()
    let handled = 0
    const taken = await sample(count, async (tick) => {
      while (handled < count) {
        const pipeline = redis.pipeline()
        for (let i = 0; i < concurrency; i++) pipeline.rpop(name)
        for (const [, text] of (await pipeline.exec()) ?? []) {
          if (typeof text !== 'string') continue
          const task: { readonly content: typeof CONTENT } = JSON.parse(text)
          if (task.content.id !== 1) throw new Error('another task')
          handled++
          tick()
        }
      }
    })
    redis.disconnect()
    return taken
  },
}
