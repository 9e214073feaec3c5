import { control, RedisRPCClient, RemoteError } from 'redis-object-rpc'
import type { Calculator } from './calculator.ts'

// The same calls in the dialect of the Python, Ruby and PHP originals; the server could be one of theirs.
const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const calc = new RedisRPCClient<Calculator>(redis, 'calc', { dialect: 'classic' })

console.log(`classic client: calc.clr() = ${await calc.clr()}`)
console.log(`classic client: calc.add(5) = ${await calc.add(5)}`)
console.log(`classic client: calc.sub(3) = ${await calc.sub(3)}`)
console.log(`classic client: calc.mul(4) = ${await calc.mul(4)}`)
console.log(`classic client: calc.div(2) = ${await calc.div(2)}`)
console.log(`classic client: calc.val() = ${await calc.val()}`)

try {
  await calc.div(0)
} catch (error) {
  // A classic exception is one line of text: its class may be of another language, so it arrives as a RemoteError.
  if (!(error instanceof RemoteError)) throw error
  console.log(`classic client: calc.div(0) threw ${error.name}: ${error.message}`)
}

try {
  await (calc as unknown as { sqrt(): Promise<number> }).sqrt()
} catch (error) {
  if (!(error instanceof RemoteError)) throw error
  console.log(`classic client: calc.sqrt() threw ${error.name}: ${error.message}`)
}

await control(calc).close()
