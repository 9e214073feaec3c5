import { RedisRPCServer } from 'redis-object-rpc'
import { Calculator } from './calculator.ts'

const server = new RedisRPCServer(process.env.REDIS_URL ?? 'redis://localhost:6379', 'calc', new Calculator())
await server.start()
console.log('server: calc is listening')

process.once('SIGTERM', () => server.close())
process.once('SIGINT', () => server.close())
await server.run()
console.log('server: closed')
