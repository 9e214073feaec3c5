import { ConnectionError, RpcError } from '../../errors.ts'
import { sameFor } from '../../link/redis-failure.ts'
import { Reports } from '../../link/reports.ts'
import type { Clock } from '../../util/clock.ts'
import { pause } from '../../util/pause.ts'
import type { Commands } from '../commands.ts'

export interface ReadFailuresOptions {
  readonly commands: Commands
  readonly clock: Clock
  readonly onError: (error: Error) => void
}

/** Who is told that nothing can be read. */
interface Told {
  fail(makeError: () => unknown): void
  failAll(error: Error): void
}

/** How long after a failure it is tried again. */
export const RETRY_MS = 200

/** What becomes of a failure to read: whoever waits for what is read is told, and it is tried again. */
export class ReadFailures {
  readonly #options: ReadFailuresOptions
  readonly #told: Told
  readonly #reports: Reports

  constructor(told: Told, options: ReadFailuresOptions) {
    this.#options = options
    this.#told = told
    this.#reports = new Reports(options.onError)
  }

  /** It went well. */
  clear(): void {
    this.#reports.clear()
  }

  /** Resolves when it is time to try again. @throws what is no failure of Redis */
  async handle(error: unknown): Promise<void> {
    const { clock, commands } = this.#options
    if (!(error instanceof RpcError)) throw error
    if (error.code === 'ERR_WRONG_TYPE' || error.code === 'ERR_UNSUPPORTED') {
      this.#told.failAll(error)
    } else {
      const isUnreachable = error instanceof ConnectionError
      if (isUnreachable) this.#told.fail(() => sameFor(error))
      // That it cannot be reached, the connection tells; a refusal is told here.
      if (!isUnreachable || commands.connection.failure === undefined) this.#reports.tell(error)
    }
    await pause(clock, RETRY_MS)
  }
}
