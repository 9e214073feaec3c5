/** Several users of one cache, on an embedded Redis or on `REDIS_URL`. Each could be a process of its own. */
import { setTimeout } from 'node:timers/promises'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Cache } from 'redis-object-rpc/ipc'

interface User {
  readonly name: string
}

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)
const caches = Array.from({ length: 3 }, () => new Cache<User>(REDIS_URL, 'users'))
const [one, two] = caches as [Cache<User>, Cache<User>]

console.log(`get: ${JSON.stringify(await one.get('17'))}`)

const load = async (id: string): Promise<User> => {
  console.log(`loading user ${id}`)
  return { name: 'Ada' }
}
const users = await Promise.all(caches.map((cache) => cache.getOrSet('17', load, { ttlMs: 60_000 })))
console.log(`getOrSet: ${users.map((user) => user.name)}`)

const waiting = one.bGet('18')
await two.set('18', { name: 'Bob' })
console.log(`bGet: ${(await waiting)?.name}`)
console.log(`exists: ${await one.exists('18')}`)
await two.set('18', { name: 'Bob' }, { ttlMs: 200 })
await setTimeout(210)
console.log(`exists after its time: ${await one.exists('18')}`)

console.log(`delete: ${await two.delete('17')}`)
await Promise.all(caches.map((cache) => cache.close()))
await embedded?.close()
