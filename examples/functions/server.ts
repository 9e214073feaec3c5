import { FunctionServer } from 'redis-object-rpc/functions'
import { functions } from './stock.ts'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
// In braces, so that in a Cluster all keys of the prefix share a slot.
const server = new FunctionServer(redis, functions, { prefix: '{shop}', kind: 'stock', id: 's1', signals: true })
await server.start()
console.log('server: listening')

await server.serve() // until SIGTERM or SIGINT
const { succeeded, failed } = server.stats
console.log(`server: ended after ${succeeded} calls that succeeded and ${failed} that failed`)
