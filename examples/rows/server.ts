/** A process that serves the table until it is told to stop. */
import { RedisRPCServer } from 'redis-object-rpc'
import { Table } from './table.ts'

const server = new RedisRPCServer(process.env.REDIS_URL as string, 'table', new Table())
process.once('SIGTERM', () => void server.close())
await server.start()
console.log('server: table is listening')
