import { RedisRPCServer } from 'redis-object-rpc'

/** An RPC server in a process of its own: `rpc-worker.ts <url> <name>`. Prints a line when it listens; SIGTERM drains it. */
const [url = '', name = ''] = process.argv.slice(2)
const held: (() => void)[] = []
const server = new RedisRPCServer(url, name, {
  pid: () => process.pid,
  hold: (id: number) => new Promise<number>((resolve) => held.push(() => resolve(id))),
})
process.once('SIGTERM', () => {
  void server.close()
  for (const release of held) release()
})
await server.start()
console.log('listening')
