import { connect, type Socket } from 'node:net'

/** A connection that sends bytes and takes whole replies, as bytes: one latin1 character each. */
export class RawClient {
  readonly #socket: Socket
  #buffer = ''
  #closed = false
  #waiting: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#buffer += text
      this.#waiting?.()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#waiting?.()
    })
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.off('error', reject)
        resolve(new RawClient(socket))
      })
      socket.once('error', reject)
      socket.setNoDelay(true)
    })
  }

  /** Sends bytes as they are. */
  write(bytes: string): void {
    this.#socket.write(bytes, 'latin1')
  }

  /** Sends a command without waiting for its reply. */
  send(...argv: readonly string[]): void {
    this.write(encodeCommand(argv))
  }

  /** Sends a command and takes the next reply. */
  async call(...argv: readonly string[]): Promise<string> {
    this.send(...argv)
    return await this.reply()
  }

  /** The next whole reply. Rejects if the connection closes before it is there. */
  async reply(): Promise<string> {
    for (;;) {
      const end = replyEnd(this.#buffer, 0)
      if (end !== -1) {
        const reply = this.#buffer.slice(0, end)
        this.#buffer = this.#buffer.slice(end)
        return reply
      }
      if (this.#closed) throw new Error(`closed after ${JSON.stringify(this.#buffer)}`)
      await this.#more()
    }
  }

  /** As many replies. */
  async replies(count: number): Promise<string[]> {
    const replies: string[] = []
    while (replies.length < count) replies.push(await this.reply())
    return replies
  }

  /** Waits until the server closes; gives what it sent until then. */
  async untilClosed(): Promise<string> {
    while (!this.#closed) await this.#more()
    return this.#buffer
  }

  /** Stops reading, as a client that is too slow does. */
  pause(): void {
    this.#socket.pause()
  }

  /** Says that nothing more will come. */
  end(): void {
    this.#socket.end()
  }

  /** Breaks the connection at once, whatever is on its way. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    await this.untilClosed()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = () => {
        this.#waiting = undefined
        resolve()
      }
    })
  }
}

/** A command as clients send it. */
export function encodeCommand(argv: readonly string[]): string {
  return `*${argv.length}\r\n${argv.map((argument) => `$${argument.length}\r\n${argument}\r\n`).join('')}`
}

/** Where the reply that begins at `start` ends, or -1 if it is not whole yet. */
export function replyEnd(text: string, start: number): number {
  const lineEnd = text.indexOf('\r\n', start)
  if (lineEnd === -1) return -1
  const next = lineEnd + 2
  const kind = text[start]!
  const count = Number(text.slice(start + 1, lineEnd))
  if ('+-:_#,('.includes(kind)) return next
  if ('$=!'.includes(kind)) {
    if (count < 0) return next
    return text.length >= next + count + 2 ? next + count + 2 : -1
  }
  if (!'*%~>|'.includes(kind)) throw new Error(`not a reply: ${JSON.stringify(text.slice(start, start + 40))}`)
  let end = next
  for (let left = kind === '%' || kind === '|' ? count * 2 : count; left > 0; left--) {
    end = replyEnd(text, end)
    if (end === -1) return -1
  }
  return end
}
