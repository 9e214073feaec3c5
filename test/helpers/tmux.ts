import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
let used = 0

/** For `before`: leaves a suite pending where there is no `tmux`; with `CI` set it fails. */
export function needTmux(this: Mocha.Context): void {
  if (spawnSync('tmux', ['-V']).status === 0) return
  if (process.env.CI) throw new Error('no tmux: install it')
  this.skip()
}

/** A terminal with a shell in it, that a test types into and looks at. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `redis-object-rpc-${process.pid}-${++used}`

  /** @param command what runs in it */
  static async open(command: string, env: NodeJS.ProcessEnv): Promise<Terminal> {
    const terminal = new Terminal()
    const size = ['-x', '110', '-y', '60']
    await run('tmux', ['-L', terminal.#socket, '-f', '/dev/null', 'new-session', '-d', ...size, command], { env })
    return terminal
  }

  /** Types a text, and then keys by their names, as `Enter`. */
  async type(text: string, ...keys: readonly string[]): Promise<void> {
    if (text !== '') await this.#tmux('send-keys', '-l', '--', text)
    if (keys.length > 0) await this.#tmux('send-keys', ...keys)
  }

  /** What it shows, without the blanks at the ends. */
  async screen(): Promise<string> {
    const lines = (await this.#tmux('capture-pane', '-p')).split('\n').map((line) => line.trimEnd())
    return lines.join('\n').trimEnd()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => {})
  }

  async #tmux(...args: string[]): Promise<string> {
    return (await run('tmux', ['-L', this.#socket, ...args])).stdout
  }
}
