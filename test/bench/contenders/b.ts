import type { Contender } from '../contender.ts'
import { bare } from './bare.ts'

/** A shared inbox: BLPOP takes one message, each message is an RPUSH of its own. */
export const b: Contender = bare({
  sender: (push) => (list, text) => void push.rpush(list, text),

  async receive(pop, list, handle) {
    for (;;) {
      const popped = await pop.blpop(list, 0)
      handle(popped![1])
    }
  },
})
