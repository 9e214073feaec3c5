import { Status } from '../resp/value.ts'
import { quote } from '../text/arguments.ts'
import type { Client } from './client.ts'

/** Of all arguments of a command so many bytes are shown: quoted they may come to four times as many. */
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

  /** Shows a client what it has sent itself. */
  showOwn(): void {
    const lines = this.#own
    this.#own = []
    for (const { client, line } of lines) client.push(line)
  }
}

/** Arguments between quotes. Of the largest ones that would be longer than any string can be. */
function shown(argv: readonly string[]): string[] {
  let left = MOST_BYTES
  return argv.map((argument) => {
    const more = argument.length - left
    left = Math.max(0, -more)
    if (more <= 0) return quote(argument)
    return `${quote(argument.slice(0, argument.length - more))}... (${more} more bytes)`
  })
}
