import { createHook } from 'node:async_hooks'

/** Enough to see through the library to the test. */
const STACK_FRAMES = 30
/** How many places of a stack are told. */
const PLACES = 6

interface Origin {
  readonly timer: NodeJS.Timeout
  readonly error: Error
}

/** Where the timers were set that keep this process alive. */
export class TimerOrigins {
  #timers = new Map<number, Origin>()
  readonly #hook = createHook({
    init: (id, type, _trigger, timer) => {
      if (type === 'Timeout') this.#timers.set(id, { timer: timer as NodeJS.Timeout, error: stack() })
    },
    destroy: (id) => void this.#timers.delete(id),
  })

  /** Forgets those that were set earlier. */
  begin(): void {
    this.#timers.clear()
    this.#hook.enable()
  }

  end(): void {
    this.#hook.disable()
    this.#timers.clear()
  }

  /** The places in this project, the innermost first, for each timer that was set since and is pending. */
  get pending(): string[] {
    const alive = [...this.#timers.values()].filter(({ timer }) => timer.hasRef())
    return alive.map(({ error }) => {
      const places = String(error.stack)
        .split('\n')
        .filter((line) => /\bat\b/.test(line) && !/node:|timer-origins/.test(line))
      return places
        .slice(0, PLACES)
        .map((line) => line.trim())
        .join('\n')
    })
  }
}

function stack(): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = STACK_FRAMES
  const error = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return error
}
