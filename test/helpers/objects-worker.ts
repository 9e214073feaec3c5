import { control, RedisRPCClient, RedisRPCServer, RemoteTarget } from 'redis-object-rpc'

/**
 * An end that lends and borrows, in a process of its own: `objects-worker.ts <url> <name> server|client`. Prints a line when it is ready. The
 * client hands a function over, borrows an object, and stays.
 */
const [url = '', name = '', role = ''] = process.argv.slice(2)

class Counter extends RemoteTarget {
  #count = 0

  up(): number {
    return ++this.#count
  }

  never(): Promise<never> {
    return new Promise(() => {})
  }
}

interface Keeper {
  keep(callback: () => number): Promise<void>
  open(): Promise<{ up(): Promise<number> }>
}

if (role === 'server') {
  const server = new RedisRPCServer(url, name, { open: () => new Counter() }, { leaseMs: 1_000 })
  await server.start()
  process.once('SIGTERM', () => void server.close())
} else {
  const client = new RedisRPCClient<object>(url, name)
  const keeper = client as unknown as Keeper
  const counter = await keeper.open()
  await keeper.keep(() => 7)
  process.once('SIGTERM', () => {
    void counter.up().then(() => control(client).close())
  })
}
console.log('ready')
