import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Cache } from 'redis-object-rpc/ipc'

/**
 * Asks for one entry, in a process of its own: `cache-worker.ts <url> <cache>`. It begins when a line comes in, counts the runs of its
 * loader in `<cache>-runs`, and prints what it got.
 */
const [url = '', name = ''] = process.argv.slice(2)
const raw = new Redis(url)
const cache = new Cache<number>(url, name)
await cache.get('other') // connected
console.log('ready')
await once(process.stdin, 'data')
const value = await cache.getOrSet('answer', async () => {
  const run = await raw.incr(`${name}-runs`)
  await setTimeout(50) // long enough for the others to ask
  return run * 1_000_000 + process.pid
})
console.log(`got ${value}`)
await cache.close()
raw.disconnect()
process.stdin.destroy()
