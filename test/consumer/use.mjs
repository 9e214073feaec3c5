import assert from 'node:assert/strict'
import * as main from 'redis-object-rpc'
import { dashboard, serveDashboard } from 'redis-object-rpc/dashboard'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import * as functions from 'redis-object-rpc/functions'
import * as ipc from 'redis-object-rpc/ipc'

for (const [module, name] of [
  [main, 'RedisRPCServer'],
  [functions, 'FunctionServer'],
  [ipc, 'ReadQueue'],
]) {
  assert.equal(typeof module[name], 'function', name)
}

const redis = await EmbeddedRedis.start({ port: 0 })
const server = new main.RedisRPCServer(redis.url, 'greeter', { greet: (name) => `hello ${name}` })
await server.start()
const greeter = new main.RedisRPCClient(redis.url, 'greeter')
console.log(await greeter.greet('consumer'))
assert.equal(typeof dashboard, 'function')
const page = await serveDashboard(redis.url, { port: 0 })
for (const file of ['', 'main.js', 'style.css', 'uplot.js'])
  assert.equal((await fetch(page.url + file)).status, 200, file)
await page.close()
await main.control(greeter).close()
await server.close()
await redis.close()
