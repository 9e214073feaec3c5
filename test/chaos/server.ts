/** A server in a process of its own: `server.ts <url> <name> <log> <leaseMs>`. Each call that it begins adds a line to the log. */
import { appendFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { RedisRPCServer } from 'redis-object-rpc'

const [url = '', name = '', log = '', leaseMs = ''] = process.argv.slice(2)
const begin = (id: string): void => appendFileSync(log, `${id}\n`)
const server = new RedisRPCServer(
  url,
  name,
  {
    quick(id: string) {
      begin(id)
      return id
    },
    async slow(id: string) {
      begin(id)
      await setTimeout(400)
      return id
    },
    async long(id: string) {
      begin(id)
      await setTimeout(10_000)
      return id
    },
  },
  { leaseMs: Number(leaseMs), onError: () => {} },
)
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)))
await server.start()
console.log('listening')
