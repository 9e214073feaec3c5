import { control, pipe, RedisRPCClient, type Remote } from 'redis-object-rpc'
import type { Contender, Target } from '../contender.ts'
import { ours } from './ours.ts'

type Chain = (client: Remote<Target>, value: unknown) => Promise<unknown>

/** This library, where each call is a chain of five: every one takes the result of the one before. */
function chained(call: Chain): Contender {
  return {
    ...ours,
    async connect(url, list) {
      const client = new RedisRPCClient<Target>(url, list)
      await control(client).ping()
      return { call: (value) => call(client, value), close: () => control(client).close() }
    },
  }
}

/** By one pipeline. */
export const oursPipe: Contender = chained((client, value) =>
  pipe(client, (far) => far.echo(far.echo(far.echo(far.echo(far.echo(value)))))),
)

/** One by one. */
export const oursFive: Contender = chained(async (client, value) => {
  let result = value
  for (let call = 0; call < 5; call++) result = await client.echo(result)
  return result
})
