import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Output, writeReply } from '../../embedded/resp/encode.ts'
import { systemMessage } from '../../embedded/text/system-message.ts'
import type { RedisPlace } from './place.ts'
import { ReplyDecoder, type RespReply } from './reply.ts'

/** Connecting failed, or the connection was lost; the message is that of redis-cli. */
export class CliConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

/** One connection to a server: commands go out, replies come in. */
export class CliConnection {
  readonly #socket: Socket
  readonly #decoder = new ReplyDecoder()
  #ended: Error | undefined
  #arrived: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.setNoDelay(true)
    socket.on('data', (text: string) => {
      this.#decoder.push(text)
      this.#wake()
    })
    socket.on('error', (error) => this.#end(new CliConnectionError(`Error: ${systemMessage(error)}`)))
    socket.on('close', () => this.#end(new CliConnectionError('Error: Server closed the connection')))
  }

  /** @throws CliConnectionError */
  static async open({ host, port, path, tls }: RedisPlace): Promise<CliConnection> {
    const to = path === undefined ? { host, port } : { path }
    const socket = tls === undefined ? connect(to) : connectTls({ ...to, ...tls })
    try {
      await once(socket, tls === undefined ? 'connect' : 'secureConnect')
    } catch (error) {
      const unknown = (error as NodeJS.ErrnoException).code === 'ENOTFOUND'
      const reason = unknown ? 'Name or service not known' : systemMessage(firstOf(error))
      throw new CliConnectionError(`Could not connect to Redis at ${path ?? `${host}:${port}`}: ${reason}`)
    }
    return new CliConnection(socket)
  }

  /** Whether it is known to be closed. */
  get isClosed(): boolean {
    return this.#ended !== undefined
  }

  /** Sends a command; its arguments are bytes, one character each. */
  send(argv: readonly string[]): void {
    const output = new Output()
    writeReply(output, argv, 2)
    for (const chunk of output.take()) this.#socket.write(chunk, 'latin1')
  }

  /**
   * Resolves with the next reply.
   * @throws CliConnectionError - if the connection ends first
   */
  async receive(): Promise<RespReply> {
    for (;;) {
      const reply = this.#decoder.next()
      if (reply !== undefined) return reply
      if (this.#ended !== undefined) throw this.#ended
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
  }

  async call(...argv: readonly string[]): Promise<RespReply> {
    this.send(argv)
    return await this.receive()
  }

  close(): void {
    this.#socket.destroy()
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#wake()
  }

  #wake(): void {
    this.#arrived?.()
    this.#arrived = undefined
  }
}

/** A name with several addresses fails once for each. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error
}
