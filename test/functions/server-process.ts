/** A server in a process of its own, for tests that end it. usage: server-process.ts URL PREFIX ID [HEARTBEAT_EXPIRE_MS] */
import { FunctionServer } from 'redis-object-rpc/functions'

const [url = '', prefix = '', id = '', heartbeatExpireMs = '4000'] = process.argv.slice(2)

const gates: (() => void)[] = []
const functions = {
  echo: ({ value }: { value: unknown }) => value,
  /** Runs until a later call of `open`. */
  async wait() {
    process.stdout.write('waiting\n')
    await new Promise<void>((resolve) => gates.push(resolve))
    return id
  },
  open: () => gates.splice(0).forEach((open) => void open()),
}

const server = new FunctionServer(url, functions, {
  prefix,
  kind: 'worker',
  id,
  signals: true,
  heartbeatPeriodMs: Number(heartbeatExpireMs) / 2,
  heartbeatExpireMs: Number(heartbeatExpireMs),
})
await server.start()
process.stdout.write('listening\n')
process.once('SIGUSR2', () => functions.open())
await server.serve()
process.stdout.write(`ended ${JSON.stringify(server.stats)}\n`)
