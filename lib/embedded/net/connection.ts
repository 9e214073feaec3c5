import type { Socket } from 'node:net'
import type { Transport } from '../clients/client.ts'
import type { Caller } from '../engine/caller.ts'
import type { Engine } from '../engine/engine.ts'
import { errorReply } from '../engine/error-reply.ts'
import { execute } from '../engine/execute.ts'
import { type DecodeLimits, RequestDecoder, RespProtocolError } from '../resp/decode.ts'
import { ErrorReply } from '../resp/value.ts'

/** How long a client may take for its last replies once it is being closed. */
const LAST_REPLIES_MS = 60_000
/** How long the client may then keep its half of the connection open. */
const FAREWELL_MS = 1000

/** One client's socket: requests come in, replies go out. */
export class ClientConnection implements Transport, DecodeLimits {
  readonly address: string
  readonly localAddress: string
  readonly maxArguments: number
  readonly client: Caller
  readonly #engine: Engine
  readonly #socket: Socket
  readonly #decoder: RequestDecoder = new RequestDecoder(this)
  #ended = false

  /** `onClose` is called once the socket is closed. */
  constructor(engine: Engine, socket: Socket, maxArguments: number, onClose: (connection: ClientConnection) => void) {
    this.#engine = engine
    this.#socket = socket
    this.maxArguments = maxArguments
    this.address = endpoint(socket.remoteAddress, socket.remotePort)
    this.localAddress = endpoint(socket.localAddress, socket.localPort)
    this.client = engine.connect(this)
    socket.setNoDelay(true)
    const keepAlive = engine.config.number('tcp-keepalive')
    if (keepAlive > 0) socket.setKeepAlive(true, keepAlive * 1000)
    socket.on('data', (chunk) => this.#receive(chunk))
    // The socket closes after an error; there is no client left to inform.
    socket.on('error', (error) => engine.log('verbose', `Error on ${this.address}: ${error.message}`))
    socket.on('end', () => this.#ending())
    socket.on('close', () => {
      this.client.forget()
      onClose(this)
    })
  }

  get maxBulkBytes(): number {
    return this.#engine.config.maxBulkBytes
  }

  get maxRequestBytes(): number {
    return this.#engine.config.maxRequestBytes
  }

  get authenticated(): boolean {
    return this.client.authenticated
  }

  get descriptor(): number {
    return -1
  }

  get unreadBytes(): number {
    return this.#decoder.bufferedBytes
  }

  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  send(chunks: readonly string[]): void {
    const socket = this.#socket
    if (socket.destroyed || this.#ended) return
    if (chunks.length === 1) {
      this.#engine.stats.outputBytes += chunks[0]!.length
      socket.write(chunks[0]!, 'latin1')
      return
    }
    socket.cork()
    for (const chunk of chunks) {
      this.#engine.stats.outputBytes += chunk.length
      socket.write(chunk, 'latin1')
    }
    socket.uncork()
  }

  resume(): void {
    this.#executeAll()
  }

  end(): void {
    // A socket that is gone would neither finish nor close any more.
    if (this.#ended || this.#socket.destroyed) return
    this.#ended = true
    this.client.forget()
    // From here on no other limit applies to it: not its output, not its idle time, not CLIENT
    // KILL.
    const { clock } = this.#engine
    const socket = this.#socket
    let patience = clock.setTimer(() => this.destroy(), LAST_REPLIES_MS)
    socket.once('finish', () => {
      clock.clearTimer(patience)
      if (!socket.destroyed) patience = clock.setTimer(() => this.destroy(), FAREWELL_MS)
    })
    socket.once('close', () => clock.clearTimer(patience))
    socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    const { stats, config, log, clock } = this.#engine
    this.client.lastUsedAt = clock.now()
    stats.readsProcessed++
    stats.inputBytes += chunk.length
    if (this.client.closing) return
    this.#decoder.push(chunk)
    this.#executeAll()
    // The commands queued in a transaction count too: they have not been executed yet.
    if (this.#decoder.bufferedBytes + this.client.transaction.queuedBytes > config.maxRequestBytes) {
      log('warning', `Closing client that reached max query buffer length: ${this.address}`)
      this.client.kill()
    }
  }

  /**
   * A client that has ended its half of the connection: as in Redis, no blocked pop serves it any
   * more. It still gets its pending replies.
   */
  #ending(): void {
    this.client.forget()
    this.#engine.outbox.add(this.client)
  }

  /** Executes every whole command that has arrived, until one blocks. */
  #executeAll(): void {
    const { client } = this
    try {
      const { postponed } = client
      if (postponed !== undefined && !client.closing) {
        client.postponed = undefined
        execute(client, postponed)
      }
      while (client.ready) {
        const argv = this.#decoder.next()
        if (argv === undefined) return
        execute(client, argv)
      }
    } catch (error) {
      if (!(error instanceof RespProtocolError)) {
        // A bug of this server must only close this client, not end the process and with it all
        // clients.
        errorReply(this.#engine, `client ${this.address}`, error)
        client.kill()
        return
      }
      this.#engine.log('verbose', `Protocol error from ${this.address}: ${error.message}`)
      client.reply(new ErrorReply(`ERR Protocol error: ${error.message}`))
      client.closing = true
    }
  }
}

function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '?:0'
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}
