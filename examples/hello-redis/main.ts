/** Starts the embedded Redis, and stores and reads a greeting that does not last. */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'

// Redis tells of keys that expire if it is asked to.
const server = await EmbeddedRedis.start({ port: 0, config: { 'notify-keyspace-events': 'Ex' } })
const redis = new Redis(server.url)
const events = new Redis(server.url)
await events.subscribe('__keyevent@0__:expired')

console.log('SET hello world =', await redis.set('hello', 'world'))
console.log('GET hello =', await redis.get('hello'))

const expired = once(events, 'message')
console.log('PEXPIRE hello 50 =', await redis.pexpire('hello', 50))
const [, key] = await expired
console.log(`${key} has expired`)
console.log('GET hello =', await redis.get('hello'))

await Promise.all([redis.quit(), events.quit()])
await server.close()
