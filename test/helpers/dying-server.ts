/**
 * A server in a process of its own that kills itself at a given moment: `dying-server.ts <url> <name> <counter> <moment>`. Its method counts its
 * effects in Redis.
 */
import { Redis } from 'ioredis'
import { RedisRPCServer } from 'redis-object-rpc'

const [url = '', name = '', counter = '', dies = 'never'] = process.argv.slice(2)
const redis = new Redis(url)
const die = (): void => void process.kill(process.pid, 'SIGKILL')

let isArmed = false
const { rpush } = Redis.prototype
Redis.prototype.rpush = function (this: Redis, ...args: unknown[]) {
  if (isArmed && String(args[0]).startsWith(`${name}:rpc:`)) die()
  return Reflect.apply(rpush, this, args)
} as typeof rpush

const order = async (): Promise<number> => {
  const effects = await redis.incr(counter)
  if (dies === 'while-running') die()
  isArmed = dies === 'before-reply'
  return effects
}
const server = new RedisRPCServer(url, name, { order }, { leaseMs: 1_000 })
await server.start()
console.log('listening')
