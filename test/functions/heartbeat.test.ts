import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Heartbeat } from '../../lib/functions/heartbeat.ts'
import type { RedisLife } from '../../lib/link/source.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

class ReplyError extends Error {
  override readonly name = 'ReplyError'
}

describe('heartbeat', () => {
  it('reports a lasting refusal once, and the next one after the key could be set in between', async () => {
    const clock = new ManualClock()
    const errors: string[] = []
    let refused = false
    const set = () => (refused ? Promise.reject(new ReplyError('OOM command not allowed')) : Promise.resolve('OK'))
    const redis = { set, del: async () => 1 } as never as RedisLife
    const heartbeat = new Heartbeat({
      key: 'redis_rpc:server:one:alive',
      periodMs: 2_000,
      expireMs: 4_000,
      redis: () => redis,
      onError: ({ message }) => void errors.push(message),
      clock,
    })
    await heartbeat.start(redis)
    for (const isRefused of [true, true, true, false, true]) {
      refused = isRefused
      clock.advance(2_000)
      await setImmediate()
    }
    heartbeat.stop()
    const message = 'set redis_rpc:server:one:alive: Redis refused: OOM command not allowed'
    expect(errors).to.deep.equal([message, message])
    expect(clock.pending).to.equal(0)
  })
})
