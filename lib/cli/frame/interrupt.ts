import { EXIT_CODES, type ExitCode } from './exit-codes.ts'

const CODES = { SIGINT: EXIT_CODES.interrupted, SIGTERM: EXIT_CODES.terminated } as const
type Signal = keyof typeof CODES

/**
 * Ends a command gracefully: the first Ctrl-C or SIGTERM aborts its signal, so that it can cancel
 * what it has started on servers. The second one kills the process.
 */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController()
  #by: Signal | undefined

  constructor() {
    for (const name of Object.keys(CODES)) process.once(name, this.#heard)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The exit code of a command that was interrupted; undefined if it was not. */
  get exitCode(): ExitCode | undefined {
    return this.#by && CODES[this.#by]
  }

  /** Ends the command for another reason, without an error. */
  end(): void {
    this.#controller.abort()
  }

  [Symbol.dispose](): void {
    for (const name of Object.keys(CODES)) process.off(name, this.#heard)
  }

  readonly #heard = (name: Signal): void => {
    this[Symbol.dispose]()
    this.#by = name
    this.#controller.abort()
  }
}
