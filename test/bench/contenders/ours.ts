import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import type { Contender, Reply, Target } from '../contender.ts'

/** This library as its users have it: default options, a proxy, an object. */
export const ours: Contender = {
  async serve(url, list, target) {
    const server = new RedisRPCServer(url, list, target)
    await server.start()
    return server
  },

  async connect(url, list) {
    const client = new RedisRPCClient<Target>(url, list)
    await control(client).ping()
    return {
      call: (value) => client.echo(value),
      close: () => control(client).close(),
    }
  },

  // As in docs/protocol.md.
  request: (id, value, inbox) =>
    JSON.stringify({ function_call: { name: 'echo', args: [value] }, response_queue: inbox, id }),
  reply(text): Reply {
    const { id, return_value: value } = JSON.parse(text)
    return { id, value }
  },
}
