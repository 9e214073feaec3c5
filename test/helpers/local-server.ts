import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A TCP server on a free port of this machine. Closing it destroys its sockets. */
export abstract class LocalServer implements AsyncDisposable {
  readonly url: string
  protected readonly sockets: Set<Socket> = new Set()
  readonly #server: Server

  /** @param server one from {@link listening} */
  protected constructor(server: Server) {
    this.#server = server
    const { port, address } = server.address() as AddressInfo
    this.url = `redis://${address.includes(':') ? `[${address}]` : address}:${port}`
    server.on('connection', (socket) => this.accept(socket))
  }

  protected abstract accept(socket: Socket): void

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A server that listens on a free port. */
export async function listening(host = '127.0.0.1'): Promise<Server> {
  const server = createServer({ noDelay: true }).listen(0, host)
  await once(server, 'listening')
  return server
}
