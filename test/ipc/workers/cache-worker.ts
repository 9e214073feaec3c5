import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Cache } from 'redis-object-rpc/ipc'

/**
 * Asks for one entry, in a process of its own: `cache-worker.ts <url> <cache>`. It begins when a line comes in that says how
 * many ask. Its loader counts its runs in `<cache>-runs`, and ends once all have asked. It prints what it got.
 */
const [url = '', name = ''] = process.argv.slice(2)
const raw = new Redis(url)
const cache = new Cache<number>(url, name)
await cache.get('other') // connected
console.log('ready')
const [line] = await once(process.stdin, 'data')
const askers = Number(line)
const asking = cache.getOrSet('answer', async () => {
  const run = await raw.incr(`${name}-runs`)
  while (Number(await raw.get(`${name}-askers`)) < askers) await setImmediate()
  return run * 1_000_000 + process.pid
})
await raw.incr(`${name}-askers`)
const value = await asking
console.log(`got ${value}`)
await cache.close()
raw.disconnect()
process.stdin.destroy()
