import type { Socket } from 'node:net'
import { LocalServer, listening } from './local-server.ts'

/** Answers a command with the bytes of a RESP reply, or leaves it unanswered. */
export type Answer = (args: readonly string[], command: string) => string | undefined

/** RESP replies. */
export const reply = {
  ok: '+OK\r\n',
  nothing: '*-1\r\n',
  number: (value: number): string => `:${value}\r\n`,
  error: (message: string): string => `-${message}\r\n`,
  text: (value: string): string => `$${Buffer.byteLength(value)}\r\n${value}\r\n`,
  array: (values: readonly string[]): string => `*${values.length}\r\n${values.map(reply.text).join('')}`,
  popped: (list: string, texts: readonly string[]): string => `*2\r\n${reply.text(list)}${reply.array(texts)}`,
}

const HANDSHAKE = new Set(['HELLO', 'CLIENT', 'PING'])

/**
 * A Redis that only answers as it is told to: for failures that a real one is hard to bring to. Lists are counted, not kept;
 * a push to a wake list ends the pop that waits.
 */
export class FakeRedis extends LocalServer {
  /** Every command but those of the handshake, in order. */
  readonly commands: string[][] = []
  /** What one command is answered with; a command that is not there gets what a healthy Redis would say. */
  readonly answers: Map<string, Answer> = new Map()
  readonly #waiting = new Set<Socket>()

  static async start(host?: string): Promise<FakeRedis> {
    return new FakeRedis(await listening(host))
  }

  /** What was pushed to a list, in order. */
  pushedTo(list: string): string[] {
    return this.commands.flatMap(([command, key, ...texts]) => (command === 'RPUSH' && key === list ? texts : []))
  }

  protected accept(socket: Socket): void {
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.sockets.delete(socket)
      this.#waiting.delete(socket)
    })
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (;;) {
        const parsed = parseCommand(text)
        if (parsed === undefined) return
        text = parsed.rest
        this.#run(socket, parsed.args)
      }
    })
  }

  #run(socket: Socket, args: readonly string[]): void {
    const command = (args[0] ?? '').toUpperCase()
    if (!HANDSHAKE.has(command)) this.commands.push([command, ...args.slice(1)])
    const answer = this.answers.get(command)
    if (answer !== undefined) {
      const bytes = answer(args.slice(1), command)
      if (bytes !== undefined) socket.write(bytes)
      return
    }
    if (command === 'HELLO') socket.write(reply.error("ERR unknown command 'HELLO'"))
    else if (command === 'CLIENT') socket.write(reply.ok)
    else if (command === 'PING') socket.write('+PONG\r\n')
    else if (command === 'TIME') socket.write(reply.array([`${Math.floor(Date.now() / 1000)}`, '0']))
    else if (command === 'BLMPOP') this.#waiting.add(socket)
    else if (command === 'RPUSH') {
      socket.write(reply.number(1))
      if (args[1]?.includes(':wake:')) this.wake()
    } else socket.write(reply.number(0))
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** Ends the pops that wait. */
  wake(bytes: string = reply.nothing): void {
    for (const socket of this.#waiting) socket.write(bytes)
    this.#waiting.clear()
  }
}

function parseCommand(text: string): { args: string[]; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (head === null) return undefined
  let at = head[0].length
  const args: string[] = []
  for (let left = Number(head[1]); left > 0; left--) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 24))
    if (size === null) return undefined
    at += size[0].length
    const end = at + Number(size[1])
    if (text.length < end + 2) return undefined
    args.push(text.slice(at, end))
    at = end + 2
  }
  return { args, rest: text.slice(at) }
}
