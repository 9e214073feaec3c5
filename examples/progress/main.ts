/** A long job that reports its progress, and one that is cancelled, on an embedded Redis or on `REDIS_URL`. */
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Reports } from './reports.ts'

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)
const server = new RedisRPCServer(REDIS_URL, 'reports', new Reports())
await server.start()
const reports = new RedisRPCClient<Reports>(REDIS_URL, 'reports')

// The function stays here: the server calls it, and waits for it.
console.log(await reports.build(4, (percent) => console.log(`${percent} %`)))

// The signal stays here, too. When it fires, it fires at the server, with the same reason.
const controller = new AbortController()
const enough = (percent: number): void => {
  console.log(`${percent} %`)
  if (percent >= 50) controller.abort()
}
try {
  await reports.build(4, enough, controller.signal)
} catch (error) {
  console.log(`cancelled: ${(error as Error).name}`)
}

await control(reports).close()
await server.close()
await embedded?.close()
