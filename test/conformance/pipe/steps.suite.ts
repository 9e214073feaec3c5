import { inspect } from 'node:util'
import { expect } from 'chai'
import { control, MethodNotFoundError, type Pipeline, pipe } from 'redis-object-rpc'
import { deferred } from '../../../lib/util/deferred.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../../helpers/pair.ts'
import { Box, type Shop, type ShopPair, type Untyped } from './shop.ts'

/** What steps are given and what comes of them. */
export function pipeStepsSuite(ends: ShopPair): void {
  const { redis } = ends
  it('returns the result of a step', async () => {
    expect(await pipe(ends.pair.client, (far) => far.ordersOf(7))).to.deep.equal([70, 71])
    expect(ends.shop.log).to.deep.equal(['orders of 7'])
  })

  it('uses results of steps as arguments of later ones, and their properties', async () => {
    expect(await pipe(ends.pair.client, (far) => far.ordersOf(far.load(7).id))).to.deep.equal([70, 71])
    expect(await pipe(ends.pair.client, (far) => far.load(7).home.city)).to.equal('Rome')
    expect(await pipe(ends.pair.client, (far) => far.load(7).home.at[1])).to.equal(2)
    expect(await pipe(ends.pair.client, (far) => far.load(7).tags[1]!)).to.equal('b')
    expect(await pipe(ends.pair.client, (far) => far.load(7).tags.length)).to.equal(2)
  })

  it('returns several results in the shape of what the function returned', async () => {
    const [user, orders] = await pipe(ends.pair.client, (far) => {
      const user = far.user(7)
      return [user.name, far.ordersOf(user.id)]
    })
    expect({ user, orders }).to.deep.equal({ user: 'user 7', orders: [70, 71] })
    expect(await pipe(ends.pair.client, (far) => ({ a: far.echo(1), b: far.echo(undefined) }))).to.deep.equal({
      a: 1,
      b: undefined,
    })
    const [one, other] = await pipe(ends.pair.client, (far) => {
      const step = far.user(1)
      return [step, step]
    })
    expect(one).to.equal(other)
  })

  it('carries steps at any depth of an argument', async () => {
    const date = new Date(5)
    const value = await ends.run((far) => {
      const one = far.echo(1)
      const when = far.echo(date)
      return far.echo({
        list: [one, { when }],
        map: new Map([[one, new Set([when])]]),
        box: new Box(one),
        bare: Object.assign(Object.create(null), { one }),
        error: new Error('e', { cause: when }),
        both: [one, one],
      })
    })
    expect(value.list).to.deep.equal([1, { when: date }])
    expect(value.map).to.deep.equal(new Map([[1, new Set([date])]]))
    expect(value.box).to.be.instanceOf(Box).and.to.deep.equal(new Box(1))
    expect({ ...value.bare }).to.deep.equal({ one: 1 })
    expect(value.error.cause).to.deep.equal(date)
    expect(value.both).to.deep.equal([1, 1])
  })

  it('passes the very result on, without a copy', async () => {
    expect(
      await ends.run((far) => {
        const user = far.user(1)
        return far.same(user, user)
      }),
    ).to.equal(true)
    expect(await ends.run((far) => far.same(far.user(1).home, far.user(1).home))).to.equal(false)
  })

  it('takes arguments as they are when the step is recorded', async () => {
    const value = { n: 1 }
    const results = await pipe(ends.pair.client, (far) => {
      const first = far.keep(value)
      value.n = 2
      return [first, far.keep(value)]
    })
    expect(results).to.deep.equal([1, 2])
  })

  it('waits for a step before the next one begins, and for promises in results', async () => {
    const result = pipe(ends.pair.client, (far) => [far.wait(1), far.ordersOf(2)])
    await ends.shop.entered.promise
    expect(ends.shop.log).to.deep.equal(['wait 1'])
    // Other calls run meanwhile.
    expect(await ends.pair.client.echo(1)).to.equal(1)
    ends.shop.gate.resolve()
    expect(await result).to.deep.equal([1, [20, 21]])
    expect(ends.shop.log).to.deep.equal(['wait 1', 'echo', 'orders of 2'])
    expect(await ends.run((far) => far.later().promise.name)).to.equal('later')
  })

  it('calls functions among the results, and passes them on', async () => {
    expect(await pipe(ends.pair.client, (far) => far.adder(1).add(2))).to.equal(3)
    expect(await pipe(ends.pair.client, (far) => far.adder(1).twice(2)(3))).to.equal(9)
    expect(await ends.run((far) => far.apply(far.adder(1).add, 2))).to.equal(3)
    const seen: number[] = []
    const push = (value: number) => void seen.push(value)
    const [add] = await ends.run((far) => [far.echo(far.adder(1).add), far.apply(push, far.apply(far.adder(1).add, 4))])
    expect(seen).to.deep.equal([5])
    expect(await add(6)).to.equal(7)
    expect(await ends.run((far) => far.echo(push))).to.equal(push)
  })

  it('lends nothing when it is not sent', async () => {
    await rejection(
      ends.run((far) => {
        far.echo(() => 1)
        throw new Error('mine')
      }),
    )
    await rejection(ends.run((far) => [far.echo(() => 1), 5]))
    expect(control(ends.pair.client).stats).to.include({ lent: 0 })
    await rejection(ends.run((far) => [far.refuse(), far.echo(() => 1)]))
    await rejection(ends.run((far) => [far.nope(), far.echo(() => 1)]))
  })

  it('shows steps as what they are, and takes local names for what they are on any object', async () => {
    await ends.run((far) => {
      const step = far.echo({ a: 1 })
      expect(inspect(far)).to.equal('[the far object in a pipeline]')
      expect(inspect(step)).to.equal('[step 0 of a pipeline]')
      expect(inspect(step.a)).to.equal('[a in a pipeline]')
      expect(step.a).to.equal(step.a)
      for (const seen of [far, far.echo, step, step.a])
        for (const name of ['catch', 'finally', 'nodeType', 'asymmetricMatch', '_id', '$$typeof', '@@iterator'])
          expect(seen[name], name).to.equal(undefined)
      expect(step.constructor).to.equal(Function)
      expect(Object.keys(step)).to.deep.equal([])
      return step
    })
  })

  describe('of an object with namespaces and properties', () => {
    const log: string[] = []
    const target = {
      users: {
        find(id: number) {
          log.push(`find ${id}`)
          return { id }
        },
      },
      theme: { colors: { dark: '#000' }, sizes: [1, 2] },
      get later() {
        return Promise.resolve({ name: 'later' })
      },
      secret: { key: 'k' },
      echo: (value: unknown) => value,
    }
    let nested: Pair<typeof target>

    beforeEach(async () => {
      log.length = 0
      nested = await startPair(redis(), target, { server: { expose: ['users', 'theme', 'later', 'echo'] } })
    })
    afterEach(() => closeLeavingNothing(nested, redis()))

    const runNested = (build: (far: Untyped) => unknown): Promise<Untyped> =>
      pipe(nested.client as never, build as never)

    it('calls methods of namespaces', async () => {
      expect(await pipe(nested.client, (far) => far.users.find(7).id)).to.equal(7)
    })

    it('reads properties, and what is in them', async () => {
      expect(await pipe(nested.client, (far) => far.theme)).to.deep.equal(target.theme)
      expect(await pipe(nested.client, (far) => far.theme.colors.dark)).to.equal('#000')
      expect(await pipe(nested.client, (far) => far.users.find(far.theme.sizes[1]!))).to.deep.equal({ id: 2 })
      expect(await pipe(nested.client, (far) => far.later.name)).to.equal('later')
    })

    for (const [what, build] of Object.entries<(far: Untyped) => unknown>({
      'a property that is not exposed': (far) => far.secret.key,
      'a namespace': (far) => far.users,
      'a method that the namespace does not have': (far) => far.users.remove(1),
      'a method that is not called': (far) => far.users.find,
      'what is not in a property': (far) => far.theme.colors.bright,
      'a method of what a property holds': (far) => far.theme.sizes.push(3),
      'a local name on the way': (far) => far.echo(far['theme.__proto__']),
      'a name that begins with rpc.': (far) => far['rpc.get']('secret'),
      'a property that begins with rpc.': (far) => far['rpc.get'],
    })) {
      it(`does not reach ${what}`, async () => {
        const error = await rejection(runNested((far) => far.users.find(far.echo(build(far)))))
        expect(error).to.be.instanceOf(MethodNotFoundError)
        expect((error as Error).message).to.match(/^step \d of the pipeline: /)
        expect(log).to.deep.equal([])
      })
    }
  })

  it('carries values nested as deep as those of other calls', async () => {
    const nest = (depth: number): unknown => (depth === 0 ? new Date(0) : [nest(depth - 1)])
    const deep = nest(490)
    expect(await ends.run((far) => far.echo(deep))).to.deep.equal(deep)
  })

  it('is typed', () => {
    // The function may live elsewhere.
    const build = (far: Pipeline<Shop>) => far.user(1).name
    return pipe(ends.pair.client, build)
  })

  it('sends one message, and takes one reply', async () => {
    await ends.pair.client.echo(0)
    const monitor = await ends.observer.monitor()
    const pushed: string[] = []
    const last = deferred<void>()
    let reply = 'none yet'
    monitor.on('monitor', (_time: string, [command = '', ...parts]: string[]) => {
      if (command.toUpperCase() !== 'RPUSH') return
      for (const text of parts.slice(1)) {
        if (text.includes('"rpc.pipe"')) reply = `{"id":${JSON.parse(text).id},`
        else if (!text.startsWith(reply)) continue
        pushed.push(text)
        if (text.startsWith(reply)) last.resolve()
      }
    })
    await pipe(ends.pair.client, (far) => far.ordersOf(far.load(far.ordersOf(1)[0]!).id))
    await last.promise
    monitor.disconnect()
    expect(pushed).to.have.length(2)
    expect(JSON.parse(pushed[0] as string).function_call).to.deep.equal({
      name: 'rpc.pipe',
      args: [
        [
          { name: 'ordersOf', args: [1] },
          { on: 0, get: '0' },
          { name: 'load', args: [1], meta: { values: { 0: [['custom', 'Step']] }, v: 1 } },
          { on: 2, get: 'id' },
          { name: 'ordersOf', args: [3], meta: { values: { 0: [['custom', 'Step']] }, v: 1 } },
        ],
        4,
      ],
    })
    expect(pushed[1]).to.equal(`${reply}"return_value":[100,101]}`)
  })
}
