/** A chat in which functions are the subscriptions, on an embedded Redis or on `REDIS_URL`. */
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Room } from './room.ts'

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)
const server = new RedisRPCServer(REDIS_URL, 'room', new Room())
await server.start()

const heard = new Map<string, string[]>()
async function enter(name: string) {
  const room = new RedisRPCClient<Room>(REDIS_URL, 'room')
  const lines: string[] = []
  heard.set(name, lines)
  // The room keeps this function for as long as this client lives.
  const present = await room.join(name, (from, text) => lines.push(`${from}: ${text}`))
  console.log(`${name} meets ${present.join(', ')}`)
  return room
}

const ann = await enter('ann')
const bob = await enter('bob')
const cleo = await enter('cleo')
console.log(`ann is heard by ${await ann.say('ann', 'hello you two')}`)
await control(bob).close() // without a word
console.log(`cleo is heard by ${await cleo.say('cleo', 'where is bob?')}`)
await cleo.leave('cleo')
console.log(`ann is heard by ${await ann.say('ann', 'good night')}`)
for (const [name, lines] of heard) console.log(`${name} has heard: ${lines.join(' | ')}`)

await Promise.all([control(ann).close(), control(cleo).close()])
await server.close()
await embedded?.close()
