/** The server of `npm run soak`, in a process of its own: `server.ts <url> <name>`; each message to it is answered with its heap. */
import { RedisRPCServer } from 'redis-object-rpc'
import { heapMb } from './heap.ts'

const [url = '', name = ''] = process.argv.slice(2)
const server = new RedisRPCServer(url, name, { echo: (value: unknown) => value })
process.on('message', () => void process.send?.(heapMb()))
process.once('disconnect', () => void server.close())
await server.start()
process.send?.('listening')
