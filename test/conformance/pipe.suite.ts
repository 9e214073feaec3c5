import { inspect } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  type Class,
  ClosedError,
  control,
  InvalidOptionError,
  MethodNotFoundError,
  type Pipeline,
  PipelineError,
  pipe,
  RedisRPCClient,
  SerializationError,
  TimeoutError,
} from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'

class Box {
  readonly inside: unknown
  grow(): number {
    return 1
  }
  constructor(inside: unknown) {
    this.inside = inside
  }
}

class NotForSale extends Error {
  override readonly name = 'NotForSale'
}

class Shop {
  readonly log: string[] = []
  gate: Deferred<void> = deferred()
  entered: Deferred<void> = deferred()
  cancelled: Deferred<void> = deferred()

  user(id: number) {
    this.log.push(`user ${id}`)
    return { id, name: `user ${id}`, tags: ['a', 'b'], home: { city: 'Rome', at: [1, 2] as const } }
  }
  async load(id: number) {
    await undefined
    return this.user(id)
  }
  ordersOf(id: number): number[] {
    this.log.push(`orders of ${id}`)
    return [id * 10, id * 10 + 1]
  }
  echo(value: unknown): unknown {
    this.log.push('echo')
    return value
  }
  async wait(value: number): Promise<number> {
    this.log.push(`wait ${value}`)
    callContext()?.signal.addEventListener('abort', () => this.cancelled.resolve())
    this.entered.resolve()
    await this.gate.promise
    return value
  }
  refuse(): never {
    this.log.push('refuse')
    throw new NotForSale('not for sale')
  }
  adder(by: number) {
    return {
      add: (value: number) => by + value,
      twice: (value: number) => async (other: number) => (by + value) * other,
    }
  }
  async apply(call: (value: number) => unknown, value: number): Promise<unknown> {
    return call(value)
  }
  throwZero(): never {
    throw 0
  }
  later(): { promise: Promise<{ name: string }> } {
    return { promise: Promise.resolve({ name: 'later' }) }
  }
  hostile(): object {
    return {
      get trap() {
        throw new Error('an accessor ran')
      },
      method: () => 1,
      box: new Box(1),
      map: new Map([['a', 1]]),
      proxy: new Proxy(
        { a: 1 },
        {
          getOwnPropertyDescriptor() {
            throw new Error('a trap ran')
          },
        },
      ),
      list: Object.assign([1], { extra: 2 }),
      text: 'text',
      nothing: null,
    }
  }
  context(): Record<string, unknown> {
    const context = callContext()
    if (context === undefined) throw new Error('there is no call')
    const { metadata, caller, attempt, deadline, method } = context
    return { metadata, caller, attempt, method, hasDeadline: deadline !== undefined }
  }
  same(a: object, b: object): boolean {
    return a === b
  }
  keep(value: { n: number }): number {
    return value.n
  }
}

/** What untyped code has. */
type Untyped = ReturnType<typeof JSON.parse>

/** What a pipeline promises, whatever Redis stands between its ends. */
export function pipeSuite(redis: () => RunningRedis): void {
  let observer: Redis
  let pair: Pair<Shop>
  let shop: Shop

  before(() => {
    observer = new Redis(redis().url)
  })
  beforeEach(async () => {
    shop = new Shop()
    pair = await startPair(redis(), shop, {
      server: { classes: [Box, NotForSale] },
      client: { classes: [Box, NotForSale] },
    })
  })
  afterEach(async () => {
    await closeLeavingNothing(pair, redis())
  })
  after(() => observer?.disconnect())

  /** Runs what the types would not let pass. */
  const run = (build: (far: Untyped) => unknown): Promise<Untyped> => pipe(pair.client as never, build as never)

  it('returns the result of a step', async () => {
    expect(await pipe(pair.client, (far) => far.ordersOf(7))).to.deep.equal([70, 71])
    expect(shop.log).to.deep.equal(['orders of 7'])
  })

  it('uses results of steps as arguments of later ones, and their properties', async () => {
    expect(await pipe(pair.client, (far) => far.ordersOf(far.load(7).id))).to.deep.equal([70, 71])
    expect(await pipe(pair.client, (far) => far.load(7).home.city)).to.equal('Rome')
    expect(await pipe(pair.client, (far) => far.load(7).home.at[1])).to.equal(2)
    expect(await pipe(pair.client, (far) => far.load(7).tags[1]!)).to.equal('b')
    expect(await pipe(pair.client, (far) => far.load(7).tags.length)).to.equal(2)
  })

  it('returns several results in the shape of what the function returned', async () => {
    const [user, orders] = await pipe(pair.client, (far) => {
      const user = far.user(7)
      return [user.name, far.ordersOf(user.id)]
    })
    expect({ user, orders }).to.deep.equal({ user: 'user 7', orders: [70, 71] })
    expect(await pipe(pair.client, (far) => ({ a: far.echo(1), b: far.echo(undefined) }))).to.deep.equal({
      a: 1,
      b: undefined,
    })
    const [one, other] = await pipe(pair.client, (far) => {
      const step = far.user(1)
      return [step, step]
    })
    expect(one).to.equal(other)
  })

  it('sends one message, and takes one reply', async () => {
    await pair.client.echo(0)
    const monitor = await observer.monitor()
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
    await pipe(pair.client, (far) => far.ordersOf(far.load(far.ordersOf(1)[0]!).id))
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

  it('carries steps at any depth of an argument', async () => {
    const date = new Date(5)
    const value = await run((far) => {
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
      await run((far) => {
        const user = far.user(1)
        return far.same(user, user)
      }),
    ).to.equal(true)
    expect(await run((far) => far.same(far.user(1).home, far.user(1).home))).to.equal(false)
  })

  it('takes arguments as they are when the step is recorded', async () => {
    const value = { n: 1 }
    const results = await pipe(pair.client, (far) => {
      const first = far.keep(value)
      value.n = 2
      return [first, far.keep(value)]
    })
    expect(results).to.deep.equal([1, 2])
  })

  it('waits for a step before the next one begins, and for promises in results', async () => {
    const result = pipe(pair.client, (far) => [far.wait(1), far.ordersOf(2)])
    await shop.entered.promise
    expect(shop.log).to.deep.equal(['wait 1'])
    // Other calls run meanwhile.
    expect(await pair.client.echo(1)).to.equal(1)
    shop.gate.resolve()
    expect(await result).to.deep.equal([1, [20, 21]])
    expect(shop.log).to.deep.equal(['wait 1', 'echo', 'orders of 2'])
    expect(await run((far) => far.later().promise.name)).to.equal('later')
  })

  it('calls functions among the results, and passes them on', async () => {
    expect(await pipe(pair.client, (far) => far.adder(1).add(2))).to.equal(3)
    expect(await pipe(pair.client, (far) => far.adder(1).twice(2)(3))).to.equal(9)
    expect(await run((far) => far.apply(far.adder(1).add, 2))).to.equal(3)
    const seen: number[] = []
    const push = (value: number) => void seen.push(value)
    const [add] = await run((far) => [far.echo(far.adder(1).add), far.apply(push, far.apply(far.adder(1).add, 4))])
    expect(seen).to.deep.equal([5])
    expect(await add(6)).to.equal(7)
    expect(await run((far) => far.echo(push))).to.equal(push)
  })

  it('lends nothing when it is not sent', async () => {
    await rejection(
      run((far) => {
        far.echo(() => 1)
        throw new Error('mine')
      }),
    )
    await rejection(run((far) => [far.echo(() => 1), 5]))
    expect(control(pair.client).stats).to.include({ lent: 0 })
    await rejection(run((far) => [far.refuse(), far.echo(() => 1)]))
    await rejection(run((far) => [far.nope(), far.echo(() => 1)]))
  })

  it('is one call: it is counted once, and takes one place', async () => {
    const result = pipe(pair.client, (far) => [far.wait(1), far.wait(2)])
    await shop.entered.promise
    expect(pair.server.stats.running).to.equal(1)
    expect(control(pair.client).stats.pending).to.equal(1)
    shop.gate.resolve()
    await result
    await rejection(pipe(pair.client, (far) => far.refuse()))
    expect(pair.server.stats).to.include({ succeeded: 1, failed: 1, expired: 0, junk: 0, running: 0 })
  })

  it('waits for room as other calls do', async () => {
    await pair.close()
    pair = await startPair(redis(), shop, { server: { concurrency: 1 } })
    const first = pair.client.wait(1)
    await shop.entered.promise
    const second = pipe(pair.client, (far) => far.ordersOf(1))
    const third = pipe(pair.client, (far) => far.ordersOf(2))
    await observer.ping()
    expect(shop.log).to.deep.equal(['wait 1'])
    shop.gate.resolve()
    await Promise.all([first, second, third])
    expect(shop.log).to.deep.equal(['wait 1', 'orders of 1', 'orders of 2'])
  })

  it('ends with the error of the step that failed, and its number', async () => {
    const error = await rejection(pipe(pair.client, (far) => [far.user(1), far.refuse(), far.ordersOf(1)]))
    expect(error).to.be.instanceOf(NotForSale)
    expect(error).to.include({ message: 'not for sale', pipelineStep: 1 })
    expect(shop.log).to.deep.equal(['user 1', 'refuse'])
    expect(await rejection(pipe(pair.client, (far) => far.throwZero()))).to.equal(0)
    const plain = await rejection(pair.client.refuse())
    expect(plain).not.to.have.property('pipelineStep')
  })

  it('reports the error of a step that nobody waits for', async () => {
    await observer.rpush(
      pair.name,
      JSON.stringify({
        function_call: { name: 'rpc.pipe', args: [[{ name: 'refuse' }], 0] },
        options: { notify: true },
      }),
    )
    while (pair.errors.length === 0) await pair.client.echo(1)
    expect(pair.errors[0]).to.be.instanceOf(NotForSale)
  })

  it('has a context, with what the client says of its calls', async () => {
    const client = control(pair.client).with({ metadata: { user: 'ann' } })
    const contexts = await pipe(client, (far) => [far.context(), far.context()])
    expect(contexts[0]).to.deep.include({
      metadata: { user: 'ann' },
      attempt: 1,
      method: 'rpc.pipe',
      hasDeadline: true,
    })
    expect(contexts[1]).to.deep.equal(contexts[0])
  })

  it('ends in time, and begins no step after that', async () => {
    const error = await rejection(
      pipe(control(pair.client).with({ timeoutMs: 200 }), (far) => [far.wait(1), far.ordersOf(1)]),
    )
    expect(error).to.be.instanceOf(TimeoutError)
    await shop.cancelled.promise
    shop.gate.resolve()
    while (pair.server.stats.running > 0) await pair.client.echo(1)
    expect(shop.log.filter((line) => line !== 'echo')).to.deep.equal(['wait 1'])
  })

  it('begins no step after its caller has given it up', async () => {
    const controller = new AbortController()
    const client = control(pair.client).with({ signal: controller.signal })
    const result = rejection(pipe(client, (far) => [far.wait(1), far.ordersOf(1)]))
    await shop.entered.promise
    controller.abort(new Error('enough'))
    expect(await result).to.include({ message: 'enough' })
    await shop.cancelled.promise
    shop.gate.resolve()
    while (pair.server.stats.running > 0) await pair.client.echo(1)
    expect(shop.log.filter((line) => line !== 'echo')).to.deep.equal(['wait 1'])
  })

  it('is tried again where its client says so', async () => {
    const lonely = new RedisRPCClient<Shop>(redis().url, `${pair.name}-lonely`, { noServerTimeoutMs: 0 })
    let recorded = 0
    const result = pipe(control(lonely).with({ retry: { attempts: 3, delayMs: 1 } }), (far) => {
      recorded++
      return far.user(1)
    })
    expect(await rejection(result)).to.include({ code: 'ERR_NO_SERVER' })
    expect(recorded).to.equal(3)
    await control(lonely).close()
  })

  it('is not sent when its signal has fired, or its client is closed', async () => {
    const gone = control(pair.client).with({ signal: AbortSignal.abort(new Error('gone')) })
    expect(await rejection(pipe(gone, (far) => far.user(1)))).to.include({ message: 'gone' })
    await control(pair.client).close()
    expect(await rejection(pipe(pair.client, (far) => far.user(1)))).to.be.instanceOf(ClosedError)
    expect(shop.log).to.deep.equal([])
  })

  describe('does not reach', () => {
    const unreachable: Record<string, (far: Untyped) => unknown> = {
      'a method that is not exposed': (far) => far.nope(),
      'a name that begins with rpc.': (far) => far['rpc.ping'](),
      'a field of the far object': (far) => far.log,
      'an accessor of a result': (far) => far.hostile().trap,
      'what a result does not have': (far) => far.user(1).surname,
      'a method of an instance': (far) => far.hostile().box.grow(),
      'a call of what is no function': (far) => far.hostile()(),
      'a method of a Map': (far) => far.hostile().map.get('a'),
      'a field of an instance': (far) => far.hostile().box.inside,
      'an entry of a Map': (far) => far.hostile().map.a,
      'the size of a Map': (far) => far.hostile().map.size,
      'what a Proxy has': (far) => far.hostile().proxy.a,
      'a property of an array': (far) => far.hostile().list.extra,
      'an element past the end': (far) => far.user(1).tags[2],
      'a method of an array': (far) => far.user(1).tags.map,
      'a call of a method of an array': (far) => far.user(1).tags.push(1),
      'a property of a text': (far) => far.hostile().text.length,
      'a property of null': (far) => far.hostile().nothing.x,
      'a field of a function': (far) => far.hostile().method.name,
    }
    for (const [what, build] of Object.entries(unreachable)) {
      it(what, async () => {
        const error = await rejection(run((far) => [far.echo(0), far.echo(build(far)), far.ordersOf(1)]))
        expect(error).to.be.instanceOf(MethodNotFoundError)
        expect(error).to.include({ code: 'ERR_METHOD_NOT_FOUND', service: pair.name })
        expect((error as Error).message).to.match(/^step \d of the pipeline: /)
        expect(shop.log).not.to.include('orders of 1')
        expect(await pair.client.echo(1)).to.equal(1)
      })
    }

    it('anything, if it is known before that one step may not run', async () => {
      const error = await rejection(run((far) => [far.user(1), far.nope()]))
      expect(error).to.include({ method: 'nope' })
      expect((error as Error).message).to.match(/^step 1 of the pipeline: the server of \S+ exposes no method "nope": /)
      expect(shop.log).to.deep.equal([])
    })
  })

  describe('refuses', () => {
    const refused = async (build: (far: Untyped) => unknown, message: RegExp, kind: Class = PipelineError) => {
      const error = await rejection(run(build))
      expect(error).to.be.instanceOf(kind)
      expect((error as Error).message).to.match(message)
      expect(shop.log).to.deep.equal([])
    }

    it('a function that is none, and a client that is none', async () => {
      expect(await rejection(pipe(pair.client, 5 as never))).to.be.instanceOf(InvalidOptionError)
      expect(await rejection(pipe(shop as never, (() => 5) as never))).to.be.instanceOf(InvalidOptionError)
    })

    it('an async function', async () => {
      await refused(async (far) => far.user(1), /must not be async/)
      await refused(async () => 5, /must not be async/)
      await refused(async () => {
        throw new Error('unheard')
      }, /must not be async/)
    })

    it('what is no step', async () => {
      await refused(() => 5, /must return a step, or an array or a plain object of steps$/)
      await refused(() => undefined, /must return/)
      await refused((far) => [far.user(1), 5], /returned what is no step/)
      await refused((far) => ({ a: far.user(1), b: null }), /returned what is no step/)
      await refused((far) => ({ a: [far.user(1)] }), /returned what is no step/)
      await refused(() => [], /must return/)
      await refused(() => ({}), /must return/)
      await refused(() => new Map(), /must return/)
      await refused((far) => far, /the remote object itself is not the result/)
    })

    it('to await, print or calculate with a step', async () => {
      let awaited: Promise<unknown> | undefined
      const wait = async (step: unknown) => step
      await run((far) => {
        const step = far.echo(1)
        awaited = rejection(wait(step))
        return step
      })
      expect(await awaited)
        .to.be.instanceOf(PipelineError)
        .and.to.have.property('message')
        .that.matches(/cannot be awaited/)
      shop.log.length = 0
      for (const use of [String, Number, JSON.stringify, (step: Untyped) => `${step}`, (step: Untyped) => step + 1]) {
        await refused((far) => use(far.user(1).name), /has no value here/)
        await refused((far) => use(far.user), /has no value here/)
        await refused(use, /has no value here/)
      }
      await refused((far) => {
        far.user(1).name = 'x'
      }, /cannot be assigned to/)
      await refused((far) => far(), /is no function/)
    })

    it('a step of another pipeline', async () => {
      let foreign: unknown
      await run((far) => {
        foreign = far.echo(1)
        return foreign
      })
      shop.log.length = 0
      await refused(
        (far) => far.echo({ a: [foreign] }),
        /^args\[0\]\.a\[0\].*step of another pipeline/,
        SerializationError,
      )
      await refused(() => foreign, /returned a step of another pipeline/)
      await refused(() => (foreign as { x(): unknown }).x(), /after the function given to pipe\(\) had returned/)
      await refused((far) => far.echo(far), /the remote object itself/)
      const error = await rejection(pair.client.echo(foreign))
      expect(error).to.be.instanceOf(SerializationError)
      expect((error as Error).message).to.match(/^args\[0\].*a step of a pipeline has no value here/)
    })

    it('more than 100 steps', async () => {
      const steps = (count: number) => (far: Untyped) => Array.from({ length: count }, () => far.echo(1))
      expect(await run(steps(100))).to.have.length(100)
      shop.log.length = 0
      await refused(steps(101), /100 steps at most/)
    })

    it('arguments that cannot travel, where they are given', async () => {
      await refused((far) => [far.user(1), far.echo([Symbol('s')])], /^args\[0\]\[0\]/, SerializationError)
    })

    it('to run, when the function throws', async () => {
      await refused(
        (far) => {
          far.user(1)
          throw new RangeError('mine')
        },
        /^mine$/,
        RangeError,
      )
    })

    it('the classic dialect', async () => {
      const classic = new RedisRPCClient<Shop>(redis().url, pair.name, { dialect: 'classic' })
      const error = await rejection(pipe(classic, (far) => far.user(1)))
      expect(error).to.be.instanceOf(InvalidOptionError)
      await control(classic).close()
    })
  })

  it('shows steps as what they are, and takes local names for what they are on any object', async () => {
    await run((far) => {
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

  it('does not come after calls that were made before it, nor before them', async () => {
    const results = await Promise.all([
      pair.client.ordersOf(1),
      pipe(pair.client, (far) => far.ordersOf(far.user(2).id)),
      pair.client.ordersOf(3),
    ])
    expect(results).to.deep.equal([
      [10, 11],
      [20, 21],
      [30, 31],
    ])
    expect(shop.log).to.deep.equal(['orders of 1', 'user 2', 'orders of 2', 'orders of 3'])
  })

  it('carries values nested as deep as those of other calls', async () => {
    const nest = (depth: number): unknown => (depth === 0 ? new Date(0) : [nest(depth - 1)])
    const deep = nest(490)
    expect(await run((far) => far.echo(deep))).to.deep.equal(deep)
  })

  it('is typed', () => {
    // The function may live elsewhere.
    const build = (far: Pipeline<Shop>) => far.user(1).name
    return pipe(pair.client, build)
  })
}
