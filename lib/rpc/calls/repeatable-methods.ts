import type { ServerInfo } from '../presence/server-info.ts'

/** How often a server that does not answer is asked. */
const MOST_QUESTIONS = 3
/** How many servers are asked at once; the others are asked after the next look. */
const MOST_AT_ONCE = 20
/** How many methods of one server are remembered. */
const MOST_METHODS = 1_000

interface Asked {
  questions: number
  isWaiting: boolean
  /** Its answer; undefined: none yet. */
  repeatable: ReadonlySet<string> | undefined
}

/**
 * Knows which methods of a service may run more than once. All servers must agree, since any of
 * them may take the call. Each is asked once, after the first look at the table that shows it.
 * While there is no server, the last answers apply.
 */
export class RepeatableMethods {
  readonly #describe: (server: string) => Promise<ServerInfo | undefined>
  readonly #onChange: (methods: ReadonlySet<string>) => void
  readonly #servers = new Map<string, Asked>()
  #known: ReadonlySet<string> = new Set()

  /**
   * @param describe asks a server for its description; undefined: it does not answer
   * @param onChange called when the set of these methods changes
   */
  constructor(
    describe: (server: string) => Promise<ServerInfo | undefined>,
    onChange: (methods: ReadonlySet<string>) => void,
  ) {
    this.#describe = describe
    this.#onChange = onChange
  }

  /**
   * Processes the servers that a look at the table has shown.
   * @param live servers that can be asked
   * @param present servers that count: the live ones, and those whose members may come back
   */
  look(live: readonly string[], present: readonly string[]): void {
    this.#forgetAllBut(new Set(present))
    let waiting = 0
    for (const { isWaiting } of this.#servers.values()) if (isWaiting) waiting++
    for (const id of live) {
      if (waiting >= MOST_AT_ONCE) break
      const server = this.#servers.get(id) ?? { questions: 0, isWaiting: false, repeatable: undefined }
      if (server.isWaiting || server.repeatable !== undefined || server.questions >= MOST_QUESTIONS) continue
      this.#servers.set(id, server)
      waiting++
      void this.#ask(id, server)
    }
    this.#conclude()
  }

  #forgetAllBut(present: ReadonlySet<string>): void {
    for (const id of this.#servers.keys()) if (!present.has(id)) this.#servers.delete(id)
  }

  async #ask(id: string, server: Asked): Promise<void> {
    server.questions++
    server.isWaiting = true
    const info = await this.#describe(id)
    server.isWaiting = false
    if (info === undefined || this.#servers.get(id) !== server) return
    server.repeatable = new Set(info.repeatable.slice(0, MOST_METHODS))
    this.#conclude()
  }

  #conclude(): void {
    const said = [...this.#servers.values()].flatMap(({ repeatable }) => repeatable ?? [])
    const [first, ...others] = said
    if (first === undefined) return
    const methods = [...first].filter((name) => others.every((names) => names.has(name)))
    if (methods.length === this.#known.size && methods.every((name) => this.#known.has(name))) return
    this.#known = new Set(methods)
    this.#onChange(this.#known)
  }
}
