import { setTimeout as later } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { freshName } from '../helpers/names.ts'

/** What other programs write that wait for as long as it takes. */
const DEADLINES = [Date.UTC(9999, 0), Number.MAX_SAFE_INTEGER]

describe('a deadline that no timer can wait for', () => {
  let redis: EmbeddedRedis
  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
  })
  after(() => redis.close())

  for (const deadline of DEADLINES) {
    it(`does not abort a call at once: ${deadline}`, async () => {
      const name = freshName('service')
      const isAborted = async (): Promise<boolean | undefined> => {
        const signal = callContext()?.signal
        await later(5)
        return signal?.aborted
      }
      const server = new RedisRPCServer(redis.url, name, { isAborted })
      await server.start()
      const raw = new Redis(redis.url)
      const inbox = `${name}:rpc:abcdefghijkl`
      const request = { function_call: { name: 'isAborted' }, response_queue: inbox, id: 1, sent: Date.now(), deadline }
      await raw.rpush(name, JSON.stringify(request))
      const [, reply] = (await raw.blpop(inbox, 10)) ?? []
      expect(JSON.parse(reply ?? '')).to.deep.equal({ id: 1, return_value: false })
      await server.close()
      raw.disconnect()
    })
  }
})
