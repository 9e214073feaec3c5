import { control, RedisRPCClient } from 'redis-object-rpc'
import { retry } from 'redis-object-rpc/middleware'

/** Closes its client while the next attempt at a call is an hour away: `closes-before-retry.ts <url>`. */
const failing = (): never => {
  throw new RangeError('no')
}
const when = (): boolean => {
  setImmediate(() => void control(client).close())
  return true
}
const client = new RedisRPCClient<{ add(): void }>(process.argv[2] ?? '', 'nobody', {
  timeoutMs: 7_200_000,
  use: [retry({ when, delayMs: 3_600_000 }), failing],
})
await client.add().then(
  () => process.exit(1),
  (error: { code?: unknown }) => {
    if (error.code !== 'ERR_CLOSED') process.exit(2)
  },
)
