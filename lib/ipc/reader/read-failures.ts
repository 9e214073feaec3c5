import { ConnectionError, RpcError } from '../../errors.ts'
import { sameFor } from '../../link/redis-failure.ts'
import { Reports } from '../../link/reports.ts'
import type { Commands } from '../commands.ts'

export interface ReadFailuresOptions {
  readonly commands: Commands
  readonly onError: (error: Error) => void
}

/** Receives the error when nothing can be read. */
interface Told {
  fail(makeError: () => unknown): void
  failAll(error: Error): void
}

/** How long to wait after a failure before trying again, in ms. */
export const RETRY_MS = 200

/** Handles failures to read: informs waiting callers, and retries. */
export class ReadFailures {
  readonly #options: ReadFailuresOptions
  readonly #told: Told
  readonly #reports: Reports

  constructor(told: Told, options: ReadFailuresOptions) {
    this.#options = options
    this.#told = told
    this.#reports = new Reports(options.onError)
  }

  /** A read succeeded. */
  clear(): void {
    this.#reports.clear()
  }

  /** Resolves when it is time to try again. @throws errors that are not failures of Redis */
  async handle(error: unknown): Promise<void> {
    const { commands } = this.#options
    if (!(error instanceof RpcError)) throw error
    if (error.code === 'ERR_WRONG_TYPE' || error.code === 'ERR_UNSUPPORTED') {
      this.#told.failAll(error)
    } else {
      const isUnreachable = error instanceof ConnectionError
      if (isUnreachable) this.#told.fail(() => sameFor(error))
      // The connection reports that Redis cannot be reached; refusals are reported here.
      if (!isUnreachable || commands.connection.failure === undefined) this.#reports.tell(error)
    }
    await commands.connection.pause(RETRY_MS)
  }
}
