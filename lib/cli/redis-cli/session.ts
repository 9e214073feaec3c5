import { elapsedMs } from '../../util/timers.ts'
import { CliConnection, CliConnectionError } from './connection.ts'
import { findMaster } from './find-master.ts'
import { formatForPeople, formatRaw, isShownRaw } from './format.ts'
import type { Options } from './options.ts'
import type { RedisPlace } from './place.ts'
import type { RespReply } from './reply.ts'

/** Where a session writes. */
export interface SessionOutput {
  /** Takes bytes, one character each. */
  write(bytes: string): void
  /** Takes a line for people. */
  complain(line: string): void
}

/** How a command ended. */
export type Outcome = 'answered' | 'error reply' | 'failed'

/** In a dialogue, a slower reply is followed by the time it took. */
const SLOW_MS = 500

/** Commands that are answered by an endless sequence of messages. */
const STREAMING: ReadonlySet<string> = new Set(['subscribe', 'psubscribe', 'ssubscribe', 'monitor'])

/**
 * Runs commands on a server and shows their replies. It connects when it has to, and again after a
 * connection is lost.
 */
export class Session {
  readonly #options: Options
  readonly #raw: boolean
  readonly #output: SessionOutput
  readonly #interactive: boolean
  #connection: CliConnection | undefined
  #place: RedisPlace
  #db: number
  #dbBeforeMulti = 0
  #inMulti = false
  #resp3: boolean
  #interrupted = false

  constructor(options: Options, raw: boolean, output: SessionOutput, interactive: boolean) {
    this.#options = options
    this.#place = options
    this.#raw = raw
    this.#output = output
    this.#interactive = interactive
    this.#db = options.db
    this.#resp3 = options.resp3
  }

  /** The prompt of a dialogue: `127.0.0.1:6379[2](TX)> `. */
  get prompt(): string {
    if (this.#connection === undefined || this.#connection.isClosed) return 'not connected> '
    const { host, port, path } = this.#place
    const address = path ? `redis ${path}` : host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    return `${address}${this.#db === 0 ? '' : `[${this.#db}]`}${this.#inMulti ? '(TX)' : ''}> `
  }

  /** Connects unless it is connected; false, with a complaint, if that fails. */
  async connect(): Promise<boolean> {
    if (this.#connection !== undefined && !this.#connection.isClosed) return true
    try {
      const { sentinels, tls } = this.#options
      // Asked every time, because the master may have changed.
      if (sentinels !== undefined) this.#place = await findMaster(sentinels, tls)
      this.#connection = await CliConnection.open(this.#place)
      this.#inMulti = false
      await this.#introduce(this.#connection)
      return true
    } catch (error) {
      this.#lost(error)
      return false
    }
  }

  /**
   * Runs a command and shows its reply; one that streams goes on until the connection ends or
   * {@link interrupt}.
   */
  async run(argv: readonly string[]): Promise<Outcome> {
    if (!(await this.connect())) return 'failed'
    const startedAt = elapsedMs()
    try {
      const outcome = await this.#exchange(this.#connection!, argv)
      const took = elapsedMs() - startedAt
      if (this.#interactive && !this.#raw && took >= SLOW_MS) this.#output.write(`(${(took / 1000).toFixed(2)}s)\n`)
      return outcome
    } catch (error) {
      if (this.#interrupted) {
        this.#interrupted = false
        this.#connection = undefined
        return 'answered'
      }
      this.#lost(error)
      return 'failed'
    }
  }

  /** Ends a command that streams, by closing the connection. */
  interrupt(): void {
    this.#interrupted = true
    this.close()
  }

  close(): void {
    this.#connection?.close()
  }

  async #introduce(connection: CliConnection): Promise<void> {
    const { user, password } = this.#options
    if (password !== undefined) {
      const credentials = (user === undefined ? [password] : [user, password]).map(toBytes)
      if (!this.#expectOk('AUTH', await connection.call('AUTH', ...credentials))) return
    }
    if (this.#db !== 0) {
      const reply = await connection.call('SELECT', String(this.#db))
      if (!this.#expectOk(`SELECT ${this.#db}`, reply)) this.#db = 0
    }
    if (this.#resp3) this.#expectOk('HELLO 3', await connection.call('HELLO', '3'))
  }

  #expectOk(what: string, reply: RespReply): boolean {
    if (reply.kind !== 'error') return true
    this.#output.complain(`${what} failed: ${reply.text}`)
    return false
  }

  async #exchange(connection: CliConnection, argv: readonly string[]): Promise<Outcome> {
    const name = argv[0]!.toLowerCase()
    connection.send(argv)
    const subscribes = STREAMING.has(name) && name !== 'monitor'
    if (subscribes && !this.#raw) this.#output.write('Reading messages... (press Ctrl-C to quit)\n')
    const reply = await connection.receive()
    this.#show(reply, isShownRaw(argv))
    if (STREAMING.has(name) && reply.kind !== 'error' && !this.#inMulti) {
      for (;;) this.#show(await connection.receive(), false)
    }
    this.#follow(name, argv, reply)
    return reply.kind === 'error' ? 'error reply' : 'answered'
  }

  #show(reply: RespReply, verbatim: boolean): void {
    if (reply.kind === 'error' && this.#options.errorExits && !this.#interactive) {
      this.#output.complain(reply.text)
      return
    }
    this.#output.write(verbatim ? formatRaw(reply) : this.#raw ? `${formatRaw(reply)}\n` : formatForPeople(reply))
  }

  /** Tracks how a command changed the state of the connection, for the prompt and for the next connection. */
  #follow(name: string, argv: readonly string[], reply: RespReply): void {
    const failed = reply.kind === 'error'
    if (name === 'select' && argv.length === 2 && !failed) this.#db = Number(argv[1])
    else if (name === 'multi' && !failed) {
      this.#inMulti = true
      this.#dbBeforeMulti = this.#db
    } else if (name === 'exec' && this.#inMulti) {
      this.#inMulti = false
      if (failed || reply.kind === 'nil') this.#db = this.#dbBeforeMulti
    } else if (name === 'discard' && !failed) {
      this.#inMulti = false
      this.#db = this.#dbBeforeMulti
    } else if (name === 'hello' && argv.length > 1 && !failed) this.#resp3 = argv[1] === '3'
    else if (name === 'reset' && !failed) {
      this.#inMulti = false
      this.#db = 0
      this.#resp3 = false
    }
  }

  #lost(error: unknown): void {
    this.#connection?.close()
    this.#connection = undefined
    this.#output.complain(error instanceof CliConnectionError ? error.message : `Error: ${(error as Error).message}`)
  }
}

/** Text as the bytes of its UTF-8 form, a character each. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
