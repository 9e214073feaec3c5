import { FunctionServer } from 'redis-object-rpc/functions'
import { functions } from './stock.ts'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const server = new FunctionServer(redis, functions, { kind: 'stock', id: 's1', signals: true })
await server.start()
console.log('server: listening')

await server.serve() // until SIGTERM or SIGINT
const { succeeded, failed } = server.stats
console.log(`server: ended after ${succeeded} calls that succeeded and ${failed} that failed`)
