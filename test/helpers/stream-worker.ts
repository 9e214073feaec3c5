import { setTimeout } from 'node:timers/promises'
import { RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'

/**
 * One end of a stream in a process of its own: `stream-worker.ts <url> <name> serve` gives one, and `read` reads the one that the service
 * gives. It prints what it does.
 */
const [url = '', name = '', role = ''] = process.argv.slice(2)
const onError = (): void => {}

class Ticks {
  async *ticks(everyMs: number): AsyncGenerator<number> {
    try {
      for (let tick = 0; ; tick++) {
        yield tick
        await setTimeout(everyMs)
      }
    } finally {
      console.log('ended')
    }
  }

  async take(items: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of items) console.log('taking')
  }
}

if (role === 'serve') {
  await new RedisRPCServer(url, name, new Ticks(), { onError, leaseMs: 1_000 }).start()
  console.log('listening')
} else {
  const client = new RedisRPCClient<Ticks>(url, name, { onError })
  for await (const tick of client.ticks(5)) if (tick === 3) console.log('reading')
}
