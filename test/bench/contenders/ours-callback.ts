import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import type { Contender } from '../contender.ts'
import { ours } from './ours.ts'

/** How often a method calls back before it returns. */
const TIMES = 10

class Repeater {
  async repeat(value: unknown, take: (value: unknown) => void): Promise<unknown> {
    for (let time = 0; time < TIMES; time++) await take(value)
    return value
  }
}

/** This library, where each call lends a function of its own, which the method calls ten times, one by one. */
export const oursCallback: Contender = {
  ...ours,
  async serve(url, list) {
    const server = new RedisRPCServer(url, list, new Repeater())
    await server.start()
    return server
  },

  async connect(url, list) {
    const client = new RedisRPCClient<Repeater>(url, list)
    await control(client).ping()
    return {
      async call(sent) {
        let taken = 0
        const returned = await client.repeat(sent, (value) => {
          if (value === sent) taken++
        })
        if (taken !== TIMES) throw new Error(`the callback was called ${taken} times with what was sent`)
        return returned
      },
      close: () => control(client).close(),
    }
  },
}
