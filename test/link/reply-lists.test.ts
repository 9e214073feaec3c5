import { expect } from 'chai'
import { ReplyLists } from '../../lib/link/reply-lists.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock, meanwhile } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'

describe('lists of replies', () => {
  it('are read on when one of them turns out to be no list', async () => {
    await using redis = await FakeRedis.start()
    const clock = new ManualClock()
    const wrong: string[] = []
    const told: string[] = []
    const lists = new ReplyLists(addressOf(redis.url), {
      home: 'calc',
      onReply: () => {},
      onWrongType: (list, type) => void wrong.push(`${list}: ${type}`),
      onError: ({ message }) => void told.push(message),
      expireMs: () => undefined,
      connectTimeoutMs: 1_000,
      clock,
    })
    await lists.link.open()
    redis.answers.set('TYPE', ([list]) => {
      // The connection breaks before the first answer.
      redis.answers.set('TYPE', ([each]) => (each === 'reply-1' ? '+string\r\n' : '+none\r\n'))
      redis.cut()
      return list
    })
    const refusals = ['NOPERM no permissions', 'WRONGTYPE Operation against a key holding the wrong kind of value']
    redis.answers.set('BLMPOP', () => {
      const refusal = refusals.shift()
      return refusal === undefined ? undefined : reply.error(refusal)
    })
    for (const list of ['reply-1', 'reply-2']) lists.expect(list)
    await until(() => {
      clock.advance(50)
      return wrong.length > 0
    })
    expect(wrong).to.deep.equal(['reply-1: string'])
    expect([lists.isExpected('reply-1'), lists.isExpected('reply-2')]).to.deep.equal([false, true])
    expect(told.filter((message) => message.includes('NOPERM'))).to.have.lengthOf(1)
    await meanwhile(clock, lists.close())
    expect(clock.pending).to.equal(0)
  })

  it('are not looked at when nobody waits for them any more', async () => {
    await using redis = await FakeRedis.start()
    const clock = new ManualClock()
    const replies: string[] = []
    const lists = new ReplyLists(addressOf(redis.url), {
      home: 'calc',
      onReply: (list, text) => void replies.push(`${list} ${text}`),
      onError: () => {},
      expireMs: () => undefined,
      connectTimeoutMs: 1_000,
      clock,
    })
    await lists.link.open()
    for (let n = 0; n < 20; n++) lists.expect(`reply-${n}`)
    const pops = () => redis.commands.filter(([command]) => command === 'BLMPOP')
    await until(() => pops().at(-1)?.includes('reply-19'))
    // The first eight after the one that comes, and one of the next.
    for (let n = 1; n < 10; n++) lists.forget(`reply-${n}`)
    redis.answers.set('LPOP', ([list]) => (list === 'reply-10' ? reply.text('b') : '$-1\r\n'))
    redis.wake(reply.popped('reply-0', ['a']))
    await until(() => replies.length === 2)
    expect(replies).to.deep.equal(['reply-0 a', 'reply-10 b'])
    const looked = redis.commands.filter(([command]) => command === 'LPOP').map(([, list]) => list)
    expect(looked).to.deep.equal(Array.from({ length: 10 }, (_, n) => `reply-${n + 10}`))
    await meanwhile(clock, lists.close())
    expect(clock.pending).to.equal(0)
  })
})
