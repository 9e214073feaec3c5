import { Redis } from 'ioredis'
import type { Contender, Reply } from '../contender.ts'

/** How messages travel; all that tells the bare designs apart. */
export interface Transport {
  /** Returns a function that appends a text to a list, now or a little later. */
  sender(push: Redis): (list: string, text: string) => void
  /** Hands over every text that arrives on a list, for as long as the connection lives. */
  receive(pop: Redis, list: string, handle: (text: string) => void): Promise<never>
}

interface Request {
  readonly id: number
  readonly to: string
  readonly value: unknown
}

/** JSON with an id, one inbox per client: nothing else. */
export const messages = {
  request: (id: number, value: unknown, inbox: string): string =>
    JSON.stringify({ id, to: inbox, value } satisfies Request),
  readRequest: (text: string): Request => JSON.parse(text),
  writeReply: (id: number, value: unknown): string => JSON.stringify({ id, value } satisfies Reply),
  reply: (text: string): Reply => JSON.parse(text),
}

export async function open(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return redis
}

/** Runs a loop of pops until `close`; whatever else ends it takes the process down. */
export function until(connections: readonly Redis[], loop: Promise<unknown>): { close(): Promise<void> } {
  let closed = false
  loop.catch((error: unknown) => {
    if (!closed) throw error
  })
  return {
    async close() {
      closed = true
      for (const connection of connections) connection.disconnect()
    },
  }
}

/** Client and server over a transport: two connections an end, any number of calls in flight. */
export function bare(transport: Transport): Contender {
  return {
    request: messages.request,
    reply: messages.reply,

    async serve(url, list, target) {
      const [push, pop] = await Promise.all([open(url), open(url)])
      const send = transport.sender(push)
      const loop = transport.receive(pop, list, (text) => {
        const { id, to, value } = messages.readRequest(text)
        send(to, messages.writeReply(id, target.echo(value)))
      })
      return until([push, pop], loop)
    },

    async connect(url, list) {
      const [push, pop] = await Promise.all([open(url), open(url)])
      const send = transport.sender(push)
      const inbox = `${list}:inbox:${process.pid}`
      const pending = new Map<number, (value: unknown) => void>()
      const loop = transport.receive(pop, inbox, (text) => {
        const { id, value } = messages.reply(text)
        pending.get(id)?.(value)
        pending.delete(id)
      })
      let lastId = 0
      return {
        ...until([push, pop], loop),
        call: (value) =>
          new Promise((resolve) => {
            const id = ++lastId
            pending.set(id, resolve)
            send(list, messages.request(id, value, inbox))
          }),
      }
    },
  }
}
