/**
 * Streams a million rows from one process to another, on an embedded Redis or on `REDIS_URL`. `main.ts 5000` streams fewer. Both
 * processes keep what fits in the window of the stream, and no more.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { control, RedisRPCClient } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Table } from './table.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)

const args = ['--expose-gc', '--import=tsx', join(import.meta.dirname, 'server.ts')]
const server = spawn(process.execPath, args, {
  env: { ...process.env, REDIS_URL },
  stdio: ['ignore', 'pipe', 'inherit'],
})
server.stdout.pipe(process.stdout)
await once(server.stdout, 'data')

const table = new RedisRPCClient<Table>(REDIS_URL, 'table')
const before = { here: new Table().memory(), there: await table.memory() }
let highest = 0
let rows = 0
for await (const row of table.rows(count)) {
  if (row.id !== rows) throw new Error(`row ${rows} is missing`)
  rows++
  if (rows % (count / 10) === 0) highest = Math.max(highest, (await table.memory()) - before.there)
}
console.log(`client: ${rows} rows, in order`)
console.log(`client: the server has used ${highest < 20_000_000 ? 'less' : 'more'} than 20 MB for them`)

// Whoever has enough leaves the loop: the generator ends there, and its `finally` runs.
for await (const row of table.rows(count)) {
  if (row.name !== 'row 10') continue
  console.log(`client: found ${row.name}`)
  break
}

await control(table).close()
server.kill()
await once(server, 'exit')
await embedded?.close()
