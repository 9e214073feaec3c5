import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { ClockTimer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { clearTimeout, setTimeout } from '../../util/timers.ts'
import type { Engine } from '../engine/engine.ts'
import { ClientConnection } from './connection.ts'
import { IdleCheck } from './idle-check.ts'
import { isLoopback } from './loopback.ts'

/**
 * The first and the longest pause after accepting has failed; each pause is twice the one before.
 */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 64_000

/** Redis's error for a client beyond the limit. */
const TOO_MANY = '-ERR max number of clients reached\r\n'

/** Redis's error for a client from another machine while no password is set. */
const DENIED =
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. ' +
  'In this mode connections are only accepted from the loopback interface. ' +
  'If you want to connect from external computers to Redis you may adopt one of the following solutions: ' +
  "1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. " +
  "2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. " +
  "3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
  '4) Setup a an authentication password for the default user. ' +
  'NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n'

/** Accepts clients on a TCP port for an {@link Engine}. */
export class Listener {
  readonly host: string
  readonly port: number
  readonly #engine: Engine
  readonly #maxArguments: number
  readonly #connections = new Set<ClientConnection>()
  readonly #idle: IdleCheck
  #server: Server
  #pauseMs = FIRST_PAUSE_MS
  #reopening: ClockTimer | undefined
  #closed: Promise<void> | undefined
  #lastGone: Deferred<void> | undefined

  private constructor(engine: Engine, server: Server, host: string, maxArguments: number) {
    this.host = host
    this.port = (server.address() as AddressInfo).port
    this.#engine = engine
    this.#maxArguments = maxArguments
    this.#idle = new IdleCheck(engine)
    this.#server = server
    this.#accept(server)
  }

  /** Starts listening; rejects if the address is not available. */
  static async open(engine: Engine, host: string, port: number, maxArguments: number): Promise<Listener> {
    return new Listener(engine, await listen(host, port), host, maxArguments)
  }

  /**
   * Stops accepting, sends every client its pending replies, and closes.
   * @param timeoutMs - how long clients may take to read them
   */
  close(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs)
    return this.#closed
  }

  #accept(server: Server): void {
    this.#server = server
    server.on('connection', (socket) => this.#welcome(socket))
    server.on('error', (error) => this.#acceptFailed(error))
  }

  #welcome(socket: Socket): void {
    const { stats, config } = this.#engine
    this.#pauseMs = FIRST_PAUSE_MS
    if (this.#connections.size >= config.maxClients) {
      stats.connectionsRejected++
      turnAway(socket, TOO_MANY)
      return
    }
    const unprotected = config.password === '' && config.value('protected-mode') === 'yes'
    if (unprotected && !isLoopback(socket.remoteAddress ?? '')) {
      stats.connectionsRejected++
      turnAway(socket, DENIED)
      return
    }
    stats.connectionsReceived++
    this.#connections.add(new ClientConnection(this.#engine, socket, this.#maxArguments, (gone) => this.#forget(gone)))
  }

  #forget(connection: ClientConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#lastGone?.resolve()
  }

  /**
   * The system has no more sockets, or no memory for one. Accepting again at once would fail again,
   * in a busy loop, so the port is closed for a while. Connected clients are not affected.
   */
  #acceptFailed(error: Error): void {
    if (this.#closed !== undefined || this.#reopening !== undefined) return
    const pause = this.#pauseMs
    this.#pauseMs = Math.min(pause * 2, LONGEST_PAUSE_MS)
    this.#engine.log('warning', `Accepting a client failed (${error.message}); trying again in ${pause} ms`)
    this.#server.close()
    this.#reopening = this.#engine.clock.setTimer(() => void this.#reopen(), pause)
  }

  async #reopen(): Promise<void> {
    try {
      const server = await listen(this.host, this.port)
      this.#reopening = undefined
      if (this.#closed === undefined) this.#accept(server)
      else server.close()
    } catch (error) {
      this.#reopening = undefined
      this.#acceptFailed(error as Error)
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#engine.clock.clearTimer(this.#reopening)
    this.#idle.stop()
    const stopped = deferred()
    this.#server.close(() => stopped.resolve())
    await this.#engine.outbox.flush()
    for (const connection of this.#connections) connection.end()
    if (this.#connections.size > 0) {
      this.#lastGone = deferred()
      const lateOnes = setTimeout(() => {
        for (const connection of this.#connections) connection.destroy()
      }, timeoutMs)
      await this.#lastGone.promise
      clearTimeout(lateOnes)
    }
    await stopped.promise
  }
}

function listen(host: string, port: number): Promise<Server> {
  const { promise, resolve, reject } = deferred<Server>()
  // A client that has ended its half of the connection still gets its replies; we close ours later.
  const server = createServer({ allowHalfOpen: true })
  server.once('error', reject)
  server.listen({ host, port }, () => {
    server.off('error', reject)
    resolve(server)
  })
  return promise
}

function turnAway(socket: Socket, message: string): void {
  // It does not matter whether the client reads this.
  socket.on('error', () => {})
  socket.end(message, 'latin1', () => socket.destroy())
}
