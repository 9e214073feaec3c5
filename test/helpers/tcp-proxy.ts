import { createConnection, type Server, type Socket } from 'node:net'
import { LocalServer, listening } from './local-server.ts'

/**
 * What becomes of a chunk: it goes on; it is swallowed; the connection breaks, before or after it has gone on, or after its first bytes have;
 * it is kept until {@link TcpProxy.deliverKept}, even if the client's end of the connection closes meanwhile.
 */
export type Verdict = 'pass' | 'drop' | 'cut' | 'pass-then-cut' | 'keep' | { readonly cutAfter: number }
/** Decides about a chunk on its way. */
export type Judge = (chunk: Buffer, connection: ProxyConnection) => Verdict

/** One connection through a {@link TcpProxy}. */
export interface ProxyConnection {
  /** Which one it is, from 1 on. */
  readonly number: number
  /** The port that Redis knows it by; undefined until it is connected, and after that it stays. */
  port: number | undefined
  /** Everything that has gone towards the server on it. */
  sent: string
  /** What was kept on its way to the server. */
  readonly kept: Buffer[]
  /** Breaks it, at both ends. */
  cut(): void
}

const pass: Judge = () => 'pass'

/** Stands between a client and a Redis and makes the network fail. */
export class TcpProxy extends LocalServer {
  /** Decides about what goes to the server. */
  toServer: Judge = pass
  /** Decides about what goes to the client. */
  toClient: Judge = pass
  readonly connections: Set<ProxyConnection> = new Set()
  /** How many connections were ever accepted. */
  accepted = 0
  readonly #target: { readonly host: string; readonly port: number } | undefined
  readonly #kept = new Set<{ readonly chunks: readonly Buffer[]; readonly upstream: Socket }>()

  private constructor(server: Server, target: { host: string; port: number } | undefined) {
    super(server)
    this.#target = target
  }

  /** @param url the Redis behind it; without one it accepts and never answers */
  static async start(url?: string): Promise<TcpProxy> {
    const target = url === undefined ? undefined : new URL(url)
    return new TcpProxy(await listening(), target && { host: target.hostname, port: Number(target.port) })
  }

  /** Breaks all connections; new ones are accepted. */
  cut(): void {
    for (const connection of [...this.connections]) connection.cut()
  }

  /** Lets nothing through any more, either way, and says nothing of it: half-open sockets. */
  hold(): void {
    this.toServer = () => 'drop'
    this.toClient = () => 'drop'
  }

  /** The same for the connections there are; those that come later work. */
  holdPresent(): void {
    const last = this.accepted
    const judge: Judge = (_chunk, { number }) => (number <= last ? 'drop' : 'pass')
    this.toServer = judge
    this.toClient = judge
  }

  /** Holds the connections there are, and keeps what they send to the server: a middle box that forwards late. */
  keepPresent(): void {
    const last = this.accepted
    this.toServer = (_chunk, { number }) => (number <= last ? 'keep' : 'pass')
    this.toClient = (_chunk, { number }) => (number <= last ? 'drop' : 'pass')
  }

  /** Forwards what was kept, where the server has not closed the connection. Returns how many bytes those were. */
  deliverKept(): { readonly kept: number; readonly delivered: number } {
    let kept = 0
    let delivered = 0
    for (const { chunks, upstream } of this.#kept) {
      const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
      kept += bytes
      if (!upstream.writable) continue
      delivered += bytes
      for (const chunk of chunks) upstream.write(chunk)
    }
    this.#kept.clear()
    return { kept, delivered }
  }

  /** What comes from now on goes through again; what was swallowed is lost. */
  release(): void {
    this.toServer = pass
    this.toClient = pass
  }

  protected accept(client: Socket): void {
    const target = this.#target
    this.accepted++
    const upstream = target && createConnection({ ...target, noDelay: true })
    const ends = upstream === undefined ? [client] : [client, upstream]
    const connection: ProxyConnection = {
      number: this.accepted,
      port: undefined,
      sent: '',
      kept: [],
      cut: () => {
        this.connections.delete(connection)
        for (const end of ends) end.destroy()
      },
    }
    this.connections.add(connection)
    for (const end of ends) {
      this.sockets.add(end)
      end.on('error', () => {})
      end.on('close', () => {
        this.sockets.delete(end)
        if (end === upstream || connection.kept.length === 0) connection.cut()
      })
    }
    upstream?.once('connect', () => {
      connection.port = upstream.localPort
    })
    client.on('data', (chunk) => {
      connection.sent += chunk.toString('latin1')
      const verdict = this.toServer(chunk, connection)
      if (verdict !== 'keep') return this.#carry(chunk, verdict, upstream, connection)
      connection.kept.push(chunk)
      if (upstream !== undefined && connection.kept.length === 1) this.#kept.add({ chunks: connection.kept, upstream })
    })
    upstream?.on('data', (chunk) => this.#carry(chunk, this.toClient(chunk, connection), client, connection))
  }

  #carry(chunk: Buffer, verdict: Verdict, to: Socket | undefined, connection: ProxyConnection): void {
    if (verdict === 'cut') return connection.cut()
    if (verdict === 'drop' || verdict === 'keep') return
    if (typeof verdict === 'object') return void to?.write(chunk.subarray(0, verdict.cutAfter), () => connection.cut())
    if (verdict === 'pass') to?.write(chunk)
    else to?.write(chunk, () => connection.cut())
  }
}
