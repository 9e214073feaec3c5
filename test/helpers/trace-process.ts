/**
 * Plays one of the scenes of `docs/architecture.md`, and prints the functions that were called, a line each.
 * Everything is started before, and closed after it.
 */
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { RawClient } from '../embedded/helpers/raw-client.ts'
import { type CalledFunctions, calledFunctions } from './called-functions.ts'

const SCENES: Readonly<Record<string, () => Promise<CalledFunctions>>> = { blpop }

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
