import { expect } from 'chai'
import { control, type Middleware, RedisRPC } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { Ends, recorder, shown } from './shop.ts'

describeOnEachRedis('middleware', (redis) => {
  const ends = new Ends(redis)

  it('runs from the first to the last at both ends, and back', async () => {
    const log: string[] = []
    const named =
      (name: string): Middleware =>
      async ({ next }) => {
        log.push(`> ${name}`)
        const result = await next()
        log.push(`< ${name}`)
        return result
      }
    const client = await ends.start([named('a'), named('b')], [named('c'), named('d')])
    expect(await client.add(1, 2)).to.equal(3)
    expect(log.join(' ')).to.equal('> a > b > c > d < d < c < b < a')
  })

  it('may replace the arguments and the result, at both ends', async () => {
    const client = await ends.start(
      [
        async ({ call, next }) => {
          call.args = [10, ...call.args.slice(1)]
          return `${await next()}!`
        },
      ],
      [
        async ({ call, next }) => {
          call.args = [call.args[0], 5]
          return ((await next()) as number) * 2
        },
      ],
    )
    expect(await client.add(1, 2)).to.equal('30!')
  })

  it('may answer in place of the other end, and of the method', async () => {
    const client = await ends.start(
      [({ call, next }) => (call.method === 'fail' ? 'never mind' : next())],
      [({ call, next }) => (call.method === 'add' ? 7 : next())],
    )
    expect(await client.fail()).to.equal('never mind')
    expect(await client.add(1, 2)).to.equal(7)
    expect(ends.shop.runs).to.equal(0)
  })

  it('writes metadata on the way out, and reads it on the way in', async () => {
    const log: unknown[] = []
    const client = await ends.start(
      [
        ({ call, next }) => {
          call.metadata.who = 'ann'
          return next()
        },
      ],
      [
        recorder(log, ({ metadata, caller }) => [
          metadata,
          Object.isFrozen(metadata),
          caller?.startsWith(ends.pair.name),
        ]),
      ],
    )
    expect(await client.seen()).to.deep.equal({ who: 'ann' })
    const other = control(client).with({ metadata: { who: 'bob', what: 'tea' } })
    expect(await other.seen()).to.deep.equal({ who: 'ann', what: 'tea' })
    expect(await other.seen(), 'the options of a proxy do not change').to.deep.equal({ who: 'ann', what: 'tea' })
    expect(log[0]).to.deep.equal([{ who: 'ann' }, true, true])
  })

  it('refuses metadata that cannot travel, with an error for the caller', async () => {
    const client = await ends.start([
      ({ call, next }) => {
        call.metadata.long = 'x'.repeat(20_000)
        return next()
      },
    ])
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_INVALID_OPTION', option: 'metadata' })
  })

  it('sees what is thrown, and may throw something else, at both ends', async () => {
    const map =
      (text: string): Middleware =>
      async ({ next }) => {
        try {
          return await next()
        } catch (error) {
          throw new TypeError(`${text}: ${(error as Error).message}`)
        }
      }
    const client = await ends.start([map('client')], [map('server')])
    const error = await rejection(client.fail())
    expect(error).to.be.instanceOf(TypeError).with.property('message', 'client: server: sold out')
    expect(await rejection((client as unknown as { nope(): void }).nope() as never))
      .to.have.property('message')
      .that.match(/^client: server: the server of .* exposes no method "nope"/)
  })

  it('may throw, at once or later; the caller gets it', async () => {
    const thrown: Middleware = ({ call }) => {
      throw new RangeError(`no ${call.method}`)
    }
    const later: Middleware = async ({ call }) => {
      throw new RangeError(`no ${call.method}`)
    }
    for (const [client, server] of [
      [[thrown], []],
      [[later], []],
      [[], [thrown]],
      [[], [later]],
    ] as Middleware[][][]) {
      const far = await ends.start(client!, server!)
      expect(await rejection(far.add(1, 2)))
        .to.be.instanceOf(RangeError)
        .with.property('message', 'no add')
      await ends.close()
    }
    expect(ends.shop.runs).to.equal(0)
    await ends.start([])
  })

  it('works in the classic dialect, without metadata', async () => {
    const log: string[] = []
    const client = await ends.start(
      [
        async ({ call, next }) => {
          call.args = [5, 6]
          call.metadata.who = 'ann'
          return ((await next()) as number) + 1
        },
      ],
      [recorder(log, ({ metadata, args }) => JSON.stringify([metadata, args]))],
      { client: { dialect: 'classic' } },
    )
    expect(await client.add(1, 2)).to.equal(12)
    expect(log).to.deep.equal(['[{},[5,6]]'])
  })

  it('is shared by the ends of a RedisRPC, unless they have their own', async () => {
    await ends.start([])
    const log: string[] = []
    const rpc = new RedisRPC(ends.redis().url, { use: [recorder(log, shown)] })
    const name = freshName('shared')
    await rpc.serve(name, { hi: () => 'hi' })
    const client = rpc.client<{ hi(): string }>(name)
    const other = rpc.client<{ hi(): string }>(name, { use: [] })
    expect(await client.hi()).to.equal('hi')
    expect(await other.hi()).to.equal('hi')
    await rpc.close()
    expect(log).to.deep.equal(['outgoing call call hi', 'incoming call call hi', 'incoming call call hi'])
  })
})
