/** The server of `npm run overload`: each call takes 10 ms, ten run at once. `server.ts <url> <name> <maxQueueAgeMs>` */
import { setTimeout } from 'node:timers/promises'
import { RedisRPCServer } from 'redis-object-rpc'

const [url = '', name = '', maxQueueAgeMs = ''] = process.argv.slice(2)
const target = { work: (n: number) => setTimeout(10, n) }
const server = new RedisRPCServer(url, name, target, { concurrency: 10, maxQueueAgeMs: Number(maxQueueAgeMs) })
process.once('disconnect', () => void server.close())
await server.start()
process.send?.('listening')
