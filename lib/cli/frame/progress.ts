import { clearTimeout, setTimeout } from '../../util/timers.ts'
import type { Context } from './context.ts'

/** How far long work has come. */
export interface Advance {
  /** The part of it that is done, from 0 to 1. */
  readonly part: number
  /** What is done, in a few words, which are safe already. */
  readonly text: string
}

const REDRAW_MS = 100
const BAR_COLUMNS = 24

/**
 * A progress bar on the user's terminal, until it is disposed of. If the output is not a terminal,
 * nothing is written and no timer runs.
 */
export class Progress implements Disposable {
  readonly #context: Context
  readonly #read: () => Advance
  #timer: NodeJS.Timeout | undefined

  /** @param read is asked ten times a second */
  constructor(context: Context, read: () => Advance) {
    this.#context = context
    this.#read = read
    if (!context.json && context.output.showsStatus) this.#draw()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#context.output.status('')
  }

  #draw(): void {
    this.#context.output.status(progressLine(this.#read()))
    this.#timer = setTimeout(() => this.#draw(), REDRAW_MS)
    this.#timer.unref()
  }
}

/** `[######------------------]  25 %  text` */
export function progressLine({ part, text }: Advance): string {
  const sound = Math.min(1, Math.max(0, part || 0))
  const filled = '#'.repeat(Math.floor(sound * BAR_COLUMNS))
  return `[${filled.padEnd(BAR_COLUMNS, '-')}] ${`${Math.floor(sound * 100)}`.padStart(3)} %  ${text}`
}
