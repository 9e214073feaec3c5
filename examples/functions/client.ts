import { FunctionClient, RemoteFunctionError } from 'redis-object-rpc/functions'
import type { functions } from './stock.ts'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
// A thousand calls at once may take a slow machine longer than the second that a call has otherwise.
const client = new FunctionClient<typeof functions>(redis, { prefix: '{shop}', responseTimeoutMs: 20_000 })

console.log(`client: online are ${await client.onlineServers('stock')}`)
console.log(`client: count({ item: 'apple' }) = ${await client.fn.count({ item: 'apple' })}`)
console.log(`client: take({ item: 'apple', count: 2 }) = ${await client.fn.take({ item: 'apple', count: 2 })}`)

try {
  await client.fn.take({ item: 'pear', count: 5 })
} catch (error) {
  if (!(error instanceof RemoteFunctionError)) throw error
  console.log(`client: take({ item: 'pear', count: 5 }) threw ${error.err}`)
}

// Begin now, fetch later; another process could do that, too.
const id = await client.callAsync('count', { item: 'pear' })
console.log(`client: later: count({ item: 'pear' }) = ${await client.response('count', id)}`)

const many = await Promise.all(Array.from({ length: 1_000 }, () => client.fn.count({ item: 'apple' })))
console.log(
  `client: ${many.length} calls at once, all with ${new Set(many).size === 1 ? 'one result' : 'different results'}`,
)

await client.close()
