/** `npm run fuzz`: 100 000 forged messages at a server's list, at a client's inbox and in the table, while honest calls run. */
import { parseArgs } from 'node:util'
import { RedisProcess } from '../helpers/redis-process.ts'
import { fuzz } from './fuzz.ts'

const { values: flags } = parseArgs({
  options: { messages: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
})
const MOST_GROWN_MB = 8
const MOST_MET = 1_000

await using redis = await RedisProcess.start()
const result = await fuzz(redis.url, Number(flags.messages), Number(flags.seed))
console.log(JSON.stringify({ seed: flags.seed, ...result, wrong: result.wrong.slice(0, 10) }))
const isKept =
  result.wrong.length === 0 &&
  result.pending === 0 &&
  result.serverJunk > 0 &&
  result.clientJunk > 0 &&
  result.met <= MOST_MET &&
  !(result.grownMb > MOST_GROWN_MB)
console.log(isKept ? 'kept' : 'BROKEN')
process.exitCode = isKept ? 0 : 1
