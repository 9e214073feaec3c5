import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FSWatcher, watch } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { offAbort, onAbort } from '../../util/abort.ts'
import { clearTimeout, setTimeout } from '../../util/timers.ts'

/** An editor may write a file in several steps, in ms. */
const SETTLE_MS = 100
/** Other files in the folder may be written by the program itself. */
const MODULE = /\.(?:[cm]?[jt]s|json5?)$/

/**
 * Runs this program with other arguments, and restarts it whenever a module in the folder of `file`
 * changes, until the signal fires.
 * @param note prints what happens
 */
export async function restartOnChange(
  args: readonly string[],
  file: string,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<void> {
  const changes = new Changes(dirname(resolve(file)), signal)
  try {
    while (!signal.aborted) {
      const changed = changes.next()
      const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], { stdio: 'inherit' })
      const ended = once(child, 'exit')
      await changed
      end(child)
      await ended
      if (!signal.aborted) note('restarting')
    }
  } finally {
    changes.close()
  }
}

/** A child that failed has already exited; the next change starts another one. */
function end(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
}

/** Waits for changes of modules in a folder, until a signal fires. */
class Changes {
  readonly #watcher: FSWatcher
  readonly #signal: AbortSignal
  #settling: NodeJS.Timeout | undefined
  #hasChanged = false
  #wake: () => void = () => {}

  constructor(folder: string, signal: AbortSignal) {
    this.#signal = signal
    this.#watcher = watch(folder, (_event, name) => this.#changed(name ?? ''))
    onAbort(signal, this)
  }

  /** Resolves at the next change; at once if there was one since the last call. */
  async next(): Promise<void> {
    if (!this.#hasChanged && !this.#signal.aborted) {
      await new Promise<void>((resolved) => {
        this.#wake = resolved
      })
    }
    this.#hasChanged = false
  }

  aborted(): void {
    this.#wake()
  }

  close(): void {
    offAbort(this.#signal, this)
    clearTimeout(this.#settling)
    this.#watcher.close()
  }

  #changed(name: string): void {
    if (!MODULE.test(name)) return
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      this.#hasChanged = true
      this.#wake()
    }, SETTLE_MS)
  }
}
