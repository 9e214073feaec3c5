import { Redis } from 'ioredis'
import { ReadQueue } from 'redis-object-rpc/ipc'

/**
 * A reliable reader in a process of its own: `queue-worker.ts <url> <queue> <concurrency>`. It counts each task in the hash
 * `<queue>-results`, acknowledges it and then notes that in the list `<queue>-acked`. SIGTERM closes it.
 */
const [url = '', name = '', concurrency = ''] = process.argv.slice(2)
const results = new Redis(url)
const queue = new ReadQueue<number>(url, name, { reliable: true, leaseMs: 2_000 })

process.once('SIGTERM', () => void queue.close())
console.log('reading')
await queue.process(
  async (task) => {
    await results.hincrby(`${name}-results`, task.uuid, 1)
    await task.ack()
    await results.rpush(`${name}-acked`, task.uuid)
  },
  { concurrency: Number(concurrency) },
)
results.disconnect()
