import { once } from 'node:events'
import type { Interrupt } from './interrupt.ts'
import { oneLine } from './safe-text.ts'

/** Longest line on a terminal, in UTF-16 units. */
const LONGEST_LINE = 128 * 1024

/** Where a command writes: results to standard output, everything else to standard error. */
export class Output {
  readonly #out: NodeJS.WriteStream
  readonly #err: NodeJS.WriteStream
  readonly #signal: AbortSignal
  #hasStatus = false

  /** @param interrupt is ended when nobody reads the results any more, as after `| head` */
  constructor(out: NodeJS.WriteStream, err: NodeJS.WriteStream, interrupt: Interrupt) {
    this.#out = out
    this.#err = err
    this.#signal = interrupt.signal
    out.on('error', () => interrupt.end())
    err.on('error', () => {})
  }

  /** Whether somebody reads the results as they come. */
  get isTerminal(): boolean {
    return this.#out.isTTY === true
  }

  /** Whether somebody sees a status line: nothing is piped, and the terminal can erase a line. */
  get showsStatus(): boolean {
    return this.isTerminal && this.#err.isTTY === true && process.env.TERM !== 'dumb'
  }

  get columns(): number {
    return this.#out.columns ?? 100
  }

  /**
   * Writes a line of results, which is safe already; resolves once there is room for more. A
   * terminal gets at most the first 131 072 characters.
   */
  async line(text: string): Promise<void> {
    this.status('')
    const shown = this.isTerminal ? cut(text) : text
    if (!this.#out.writable || this.#out.write(`${shown}\n`)) return
    // The listener of the constructor handles errors.
    await once(this.#out, 'drain', { signal: this.#signal }).catch(() => {})
  }

  /** Writes a table of texts, which are safe already: each column as wide as its widest cell. */
  async table(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
    for (const row of [head, ...rows]) {
      await this.line(row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  '))
    }
  }

  /** Writes a line for people, to standard error. */
  note(text: string): void {
    this.status('')
    this.#err.write(`${oneLine(text)}\n`)
  }

  /**
   * Replaces the last line of the terminal until the next output; an empty text erases it. Other
   * output erases it, too.
   */
  status(text: string): void {
    if (text === '' ? !this.#hasStatus : !this.showsStatus) return
    this.#hasStatus = text !== ''
    // A line that wraps could not be erased.
    this.#err.write(`\r\x1b[K${text.slice(0, this.columns - 1)}`)
  }
}

function cut(text: string): string {
  const left = text.length - LONGEST_LINE
  return left <= 0
    ? text
    : `${text.slice(0, LONGEST_LINE)}…\n(${left} more characters; a file or a pipe gets everything)`
}
