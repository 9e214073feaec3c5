import { control, RedisRPCClient, RedisRPCServer, type RemoteStream } from 'redis-object-rpc'
import type { Contender } from '../contender.ts'
import { strings } from '../payload.ts'
import { ours } from './ours.ts'

class Rows {
  async *rows(): AsyncGenerator<string, void> {
    const row = strings(100, 4099)
    for (let n = 0; ; n++) yield row(n)
  }
}

/** This library, where a call is the next item of a stream. */
export const oursStream: Contender = {
  ...ours,
  async serve(url, list) {
    const server = new RedisRPCServer(url, list, new Rows())
    await server.start()
    return server
  },

  async connect(url, list) {
    const client = new RedisRPCClient<Rows>(url, list)
    const rows: RemoteStream<string, void> = await client.rows()
    return {
      call: async () => (await rows.next()).value,
      async close() {
        await rows.return()
        await control(client).close()
      },
    }
  },
}
