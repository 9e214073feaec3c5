import { control, MethodNotFoundError, RedisRPCClient } from 'redis-object-rpc'
import type { Calculator } from './calculator.ts'

const calc = new RedisRPCClient<Calculator>(process.env.REDIS_URL ?? 'redis://localhost:6379', 'calc')

console.log(`client: calc.clr() = ${await calc.clr()}`)
console.log(`client: calc.add(5) = ${await calc.add(5)}`)
console.log(`client: calc.sub(3) = ${await calc.sub(3)}`)
console.log(`client: calc.mul(4) = ${await calc.mul(4)}`)
console.log(`client: calc.div(2) = ${await calc.div(2)}`)
console.log(`client: calc.val() = ${await calc.val()}`)

try {
  await calc.div(0)
} catch (error) {
  if (!(error instanceof RangeError)) throw error
  console.log(`client: calc.div(0) threw a RangeError: ${error.message}`)
}

try {
  // A name that the client's type does not know: the far end decides what there is.
  await (calc as unknown as { sqrt(): Promise<number> }).sqrt()
} catch (error) {
  if (!(error instanceof MethodNotFoundError)) throw error
  console.log(`client: calc.sqrt() is missing: ${error.message}`)
}

await control(calc).close()
