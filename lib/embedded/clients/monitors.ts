import { Status } from '../resp/value.ts'
import { quote } from '../text/arguments.ts'
import type { Client } from './client.ts'

/**
 * How many bytes of a command's arguments are shown in all: quoted, they may take four times as
 * many.
 */
const MOST_BYTES = 16 * 1024 * 1024

/** Clients that see every command (MONITOR). */
export class Monitors {
  readonly #clients = new Set<Client>()
  /** Lines for a client about its own commands: they come after the reply. */
  #own: { readonly client: Client; readonly line: Status }[] = []

  add(client: Client): void {
    this.#clients.add(client)
  }

  delete(client: Client): void {
    this.#clients.delete(client)
  }

  get size(): number {
    return this.#clients.size
  }

  /** Shows a command as `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`. */
  feed(nowMs: number, source: Client, argv: readonly string[]): void {
    const seconds = Math.floor(nowMs / 1000)
    const micros = String(Math.floor((nowMs - seconds * 1000) * 1000)).padStart(6, '0')
    const from = source.transport === undefined ? 'lua' : source.transport.address
    const line = new Status(`${seconds}.${micros} [${source.db.index} ${from}] ${shown(argv).join(' ')}`)
    for (const client of this.#clients) {
      if (client === source) this.#own.push({ client, line })
      else client.push(line)
    }
  }

  /** Shows a client its own commands. */
  showOwn(): void {
    const lines = this.#own
    this.#own = []
    for (const { client, line } of lines) client.push(line)
  }
}

/**
 * Quoted arguments, truncated because the largest ones would exceed the longest possible string.
 */
function shown(argv: readonly string[]): string[] {
  let left = MOST_BYTES
  return argv.map((argument) => {
    const more = argument.length - left
    left = Math.max(0, -more)
    if (more <= 0) return quote(argument)
    return `${quote(argument.slice(0, argument.length - more))}... (${more} more bytes)`
  })
}
