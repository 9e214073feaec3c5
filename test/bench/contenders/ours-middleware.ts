import { control, type Middleware, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import type { Contender, Target } from '../contender.ts'
import { ours } from './ours.ts'

const empty: Middleware = ({ next }) => next()

/** This library with one middleware at both ends, which does nothing. */
export const oursMiddleware: Contender = {
  ...ours,
  async serve(url, list, target) {
    const server = new RedisRPCServer(url, list, target, { use: [empty] })
    await server.start()
    return server
  },
  async connect(url, list) {
    const client = new RedisRPCClient<Target>(url, list, { use: [empty] })
    await control(client).ping()
    return { call: (value) => client.echo(value), close: () => control(client).close() }
  },
}
