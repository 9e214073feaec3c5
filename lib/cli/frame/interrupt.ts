import { EXIT_CODES, type ExitCode } from './exit-codes.ts'

const CODES = { SIGINT: EXIT_CODES.interrupted, SIGTERM: EXIT_CODES.terminated } as const
type Signal = keyof typeof CODES

/**
 * Ends a command in good order: at the first Ctrl-C or SIGTERM its signal fires, so that it can end what it has begun elsewhere. A second one
 * kills the process.
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

  /** What a command that was interrupted ends with; undefined: it was not. */
  get exitCode(): ExitCode | undefined {
    return this.#by && CODES[this.#by]
  }

  /** Ends the command for another reason, which is no failure. */
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
