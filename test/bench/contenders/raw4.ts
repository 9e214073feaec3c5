import type { Contender } from '../contender.ts'
import { messages, open, until } from './bare.ts'

/** The naive design: RPUSH, BLPOP, RPUSH, BLPOP, each awaited, so one call at a time. */
export const raw4: Contender = {
  request: messages.request,
  reply: messages.reply,

  async serve(url, list, target) {
    const redis = await open(url)
    const serveForever = async () => {
      for (;;) {
        const popped = await redis.blpop(list, 0)
        const { id, to, value } = messages.readRequest(popped![1])
        await redis.rpush(to, messages.writeReply(id, target.echo(value)))
      }
    }
    return until([redis], serveForever())
  },

  async connect(url, list) {
    const redis = await open(url)
    const inbox = `${list}:inbox:${process.pid}`
    let lastId = 0
    return {
      async call(value) {
        const id = ++lastId
        await redis.rpush(list, messages.request(id, value, inbox))
        const popped = await redis.blpop(inbox, 0)
        const reply = messages.reply(popped![1])
        if (reply.id !== id) throw new Error(`reply ${reply.id} to request ${id}`)
        return reply.value
      },
      async close() {
        redis.disconnect()
      },
    }
  },
}
