/**
 * Plays one of the scenes of `docs/architecture.md`, and prints the functions that were called, a line each.
 * Everything is started before, and closed after it.
 */

import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { control, RedisRPCClient, RedisRPCServer } from '../../lib/index.ts'
import { RawClient } from '../embedded/helpers/raw-client.ts'
import { type CalledFunctions, calledFunctions } from './called-functions.ts'

const SCENES: Readonly<Record<string, () => Promise<CalledFunctions>>> = { blpop, call }

const scene = SCENES[process.argv[2] ?? '']
if (scene === undefined) throw new Error(`no such scene: ${process.argv[2]}`)
console.log([...(await scene())].join('\n'))

async function blpop(): Promise<CalledFunctions> {
  await using server = await EmbeddedRedis.start()
  const waiting = await RawClient.connect(server.port)
  const pushing = await RawClient.connect(server.port)
  const called = await calledFunctions(async () => {
    waiting.send('BLPOP', 'jobs', '0')
    // It waits once this is answered: the server has read both connections by then.
    while (!(await pushing.call('INFO', 'clients')).includes('blocked_clients:1')) {}
    await pushing.call('RPUSH', 'jobs', 'a')
    await waiting.reply()
  })
  await waiting.close()
  await pushing.close()
  return called
}

async function call(): Promise<CalledFunctions> {
  await using redis = await EmbeddedRedis.start()
  const server = new RedisRPCServer(redis.url, 'calc', { add: (a: number, b: number) => a + b })
  await server.start()
  const client = new RedisRPCClient<{ add(a: number, b: number): number }>(redis.url, 'calc')
  // The first call connects.
  await client.add(1, 1)
  const called = await calledFunctions(async () => {
    await client.add(1, 2)
  })
  await control(client).close()
  await server.close()
  return called
}
