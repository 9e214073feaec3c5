import type { Contender } from '../contender.ts'
import { bare } from './bare.ts'

/**
 * Batches both ways: BLMPOP takes up to 128 messages and is armed again before they are handled; what is sent to one
 * list within a tick leaves as one RPUSH.
 */
export const cb: Contender = bare({
  sender(push) {
    const batches = new Map<string, string[]>()
    const flush = () => {
      for (const [list, texts] of batches) void push.rpush(list, ...texts)
      batches.clear()
    }
    return (list, text) => {
      if (batches.size === 0) process.nextTick(flush)
      const batch = batches.get(list)
      if (batch === undefined) batches.set(list, [text])
      else batch.push(text)
    }
  },

  async receive(pop, list, handle) {
    let next = pop.blmpop(0, 1, list, 'LEFT', 'COUNT', 128)
    for (;;) {
      const popped = await next
      next = pop.blmpop(0, 1, list, 'LEFT', 'COUNT', 128)
      for (const text of popped![1]) handle(text)
    }
  },
})
