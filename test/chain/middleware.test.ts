import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  control,
  type Middleware,
  type MiddlewareCall,
  pipe,
  RedisRPC,
  type RedisRPCClientOptions,
  type RedisRPCServerOptions,
  ref,
} from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { onceRecord } from '../../lib/wire/keys.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { CountingClock } from '../helpers/counting-clock.ts'
import { freshName } from '../helpers/names.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

class Shop {
  theme = 'light'
  runs = 0
  readonly cart = { add: (thing: string) => `added ${thing}` }
  add(a: number, b: number): number {
    this.runs++
    return a + b
  }
  fail(): never {
    this.runs++
    throw new RangeError('sold out')
  }
  seen(): unknown {
    return callContext()?.metadata
  }
  attempt(): unknown {
    return callContext()?.attempt
  }
  release: () => void = () => {}
  hang(): Promise<void> {
    return new Promise((resolve) => {
      const { release } = this
      this.release = () => {
        release()
        resolve()
      }
    })
  }
  async *rows(count: number): AsyncGenerator<number> {
    for (let row = 0; row < count; row++) yield row
  }
  async ask(question: (text: string) => string | Promise<string>): Promise<string> {
    return `it said ${await question('why?')}`
  }
  open() {
    let at = 0
    return ref({ next: () => ++at })
  }
}

/** Takes down what passes; with what it was told apart by. */
function recorder(log: unknown[], what: (call: MiddlewareCall) => unknown): Middleware {
  return ({ call, next }) => {
    log.push(what(call))
    return next()
  }
}
const shown = (call: MiddlewareCall): string => `${call.direction} ${call.kind} ${call.access} ${call.method}`

describeOnEachRedis('middleware', (redis) => {
  let pair: Pair<Shop>
  let shop: Shop
  let clock: CountingClock
  beforeEach(() => {
    shop = new Shop()
    clock = new CountingClock()
  })
  afterEach(async () => {
    await closeLeavingNothing(pair, redis())
    expect(clock.pending, 'timers').to.equal(0)
  })

  const start = async (
    client: readonly Middleware[],
    server: readonly Middleware[] = [],
    options: { client?: RedisRPCClientOptions; server?: RedisRPCServerOptions } = {},
  ) => {
    const names = [
      'add',
      'fail',
      'seen',
      'attempt',
      'hang',
      'rows',
      'ask',
      'open',
      'cart.add',
      'theme',
      'runs',
    ] as const
    pair = await startPair(redis(), shop, {
      client: { clock, use: client, ...options.client },
      server: { clock, use: server, expose: names, writable: ['theme'], ...options.server },
    })
    return pair.client
  }

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
    const client = await start([named('a'), named('b')], [named('c'), named('d')])
    expect(await client.add(1, 2)).to.equal(3)
    expect(log.join(' ')).to.equal('> a > b > c > d < d < c < b < a')
  })

  it('may replace the arguments and the result, at both ends', async () => {
    const client = await start(
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
    const client = await start(
      [({ call, next }) => (call.method === 'fail' ? 'never mind' : next())],
      [({ call, next }) => (call.method === 'add' ? 7 : next())],
    )
    expect(await client.fail()).to.equal('never mind')
    expect(await client.add(1, 2)).to.equal(7)
    expect(shop.runs).to.equal(0)
  })

  it('writes metadata on the way out, and reads it on the way in', async () => {
    const log: unknown[] = []
    const client = await start(
      [
        ({ call, next }) => {
          call.metadata.who = 'ann'
          return next()
        },
      ],
      [recorder(log, ({ metadata, caller }) => [metadata, Object.isFrozen(metadata), caller?.startsWith(pair.name)])],
    )
    expect(await client.seen()).to.deep.equal({ who: 'ann' })
    const other = control(client).with({ metadata: { who: 'bob', what: 'tea' } })
    expect(await other.seen()).to.deep.equal({ who: 'ann', what: 'tea' })
    expect(await other.seen(), 'the options of a proxy do not change').to.deep.equal({ who: 'ann', what: 'tea' })
    expect(log[0]).to.deep.equal([{ who: 'ann' }, true, true])
  })

  it('refuses metadata that cannot travel, with an error for the caller', async () => {
    const client = await start([
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
    const client = await start([map('client')], [map('server')])
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
      const far = await start(client!, server!)
      expect(await rejection(far.add(1, 2)))
        .to.be.instanceOf(RangeError)
        .with.property('message', 'no add')
      await closeLeavingNothing(pair, redis())
    }
    expect(shop.runs).to.equal(0)
    await start([])
  })

  it('refuses a second next(), and runs the method once', async () => {
    const twice: Middleware = async ({ next }) => {
      await next()
      return next()
    }
    const client = await start([twice])
    const error = await rejection(client.add(1, 2))
    expect(error).to.include({ code: 'ERR_MIDDLEWARE' })
    expect((error as Error).message).to.equal(`next() was called a second time for ${pair.name}.add`)
    expect(shop.runs).to.equal(1)
    await closeLeavingNothing(pair, redis())
    const other = await start([], [twice])
    expect(await rejection(other.add(1, 2))).to.include({ code: 'ERR_MIDDLEWARE' })
    expect(shop.runs).to.equal(2)
  })

  it('ends no process when it does not wait for what fails', async () => {
    const careless: Middleware = ({ next, again }) => {
      void next()
      void next()
      void again()
      return 'done'
    }
    const client = await start([careless], [careless])
    expect(await client.fail()).to.equal('done')
    await until(() => shop.runs === 1)
  })

  it('makes another attempt with again(), which knows its number', async () => {
    const attempts: number[] = []
    const retrying: Middleware = async ({ next, again }) => {
      let result = await next()
      for (let tries = 1; result !== 3 && tries < 5; tries++) result = await again()
      return result
    }
    const client = await start([retrying, recorder(attempts, ({ attempt }) => attempt)])
    expect(await client.attempt()).to.equal(3)
    expect(attempts).to.deep.equal([1, 2, 3])
  })

  it('refuses an again() before next(), and one while an attempt is under way', async () => {
    const early: Middleware = ({ again }) => again()
    const both: Middleware = ({ call, next, again }) => {
      if (call.method !== 'add') return next()
      void next()
      return again()
    }
    const client = await start([early])
    expect(await rejection(client.add(1, 2)))
      .to.have.property('message')
      .that.match(/^again\(\) was called before next\(\)/)
    await closeLeavingNothing(pair, redis())
    const other = await start([both])
    expect(await rejection(other.add(1, 2)))
      .to.have.property('message')
      .that.match(/^again\(\) was called before the last attempt had settled/)
  })

  it('refuses arguments that are no array', async () => {
    const client = await start([
      ({ call, next }) => {
        ;(call as { args: unknown }).args = 'x'
        return next()
      },
    ])
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_MIDDLEWARE' })
  })

  it('holds no call beyond its deadline, its signal and its client', async () => {
    const abort = new AbortController()
    const client = await start([() => new Promise(() => {})])
    const { signal } = abort
    const late = rejection(control(client).with({ timeoutMs: 30 }).add(1, 2))
    const aborted = rejection(control(client).with({ signal }).add(1, 2))
    const closed = rejection(client.add(1, 2))
    expect(await late).to.include({ code: 'ERR_TIMEOUT', timeoutMs: 30, operation: `${pair.name}.add` })
    abort.abort(new Error('enough'))
    expect(await aborted).to.have.property('message', 'enough')
    await control(client).close()
    expect(await closed).to.include({ code: 'ERR_CLOSED' })
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_CLOSED' })
    expect(shop.runs).to.equal(0)
  })

  it('may make something of a deadline that passes under way', async () => {
    const fallback: Middleware = async ({ next }) => {
      try {
        return await next()
      } catch (error) {
        return `fell back after ${(error as { code: string }).code}`
      }
    }
    const client = await start([fallback])
    expect(await control(client).with({ timeoutMs: 30 }).hang()).to.equal('fell back after ERR_TIMEOUT')
    const abort = new AbortController()
    const aborted = control(client).with({ signal: abort.signal }).hang()
    abort.abort(Object.assign(new Error('enough'), { code: 'E' }))
    expect(await aborted).to.equal('fell back after E')
    shop.release()
    await until(() => pair.server.stats.running === 0 && control(client).stats.late === 1)
  })

  it('does not send or run what nobody waits for any more', async () => {
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const failures: unknown[] = []
    const held: Middleware = async ({ next }) => {
      await gate
      return next().catch((error: unknown) => {
        failures.push(error)
        throw error
      })
    }
    const client = await start([held], [])
    expect(await rejection(control(client).with({ timeoutMs: 20 }).add(1, 2))).to.include({ code: 'ERR_TIMEOUT' })
    go()
    await until(() => failures.length === 1)
    expect(failures[0]).to.include({ code: 'ERR_TIMEOUT' })
    expect(shop.runs).to.equal(0)
  })

  it('on the way in, does not run a method after the deadline', async () => {
    let ended: unknown
    const held: Middleware = async ({ call, next }) => {
      await new Promise((resolve) => call.signal?.addEventListener('abort', resolve))
      await until(() => clock.now() > (call.deadline ?? 0))
      ended = await rejection(next())
      throw ended
    }
    const client = await start([], [held])
    // Its own error, or what the server has answered with in the same moment.
    expect(await rejection(control(client).with({ timeoutMs: 100 }).add(1, 2))).to.include({ name: 'TimeoutError' })
    await until(() => ended !== undefined)
    expect(ended).to.have.property('name', 'TimeoutError')
    expect(shop.runs).to.equal(0)
  })

  it('sees streams, and may replace them', async () => {
    const log: string[] = []
    const doubled: Middleware = async ({ call, next }) => {
      const result = await next()
      log.push(shown(call))
      if (call.kind !== 'stream') return result
      return (async function* () {
        for await (const row of result as AsyncIterable<number>) yield row * 2
      })()
    }
    const client = await start([doubled], [doubled])
    const rows: number[] = []
    for await (const row of client.rows(4)) rows.push(row)
    expect(rows).to.deep.equal([0, 4, 8, 12])
    expect(log).to.deep.equal(['incoming stream call rows', 'outgoing stream call rows'])
    for await (const row of client.rows(1_000)) if (row > 40) break
  })

  it('sees notifications, properties, namespaces, and the whole of a pipeline and its steps', async () => {
    const log: string[] = []
    const client = await start([recorder(log, shown)], [recorder(log, shown)])
    await control(client).notify.add(1, 2)
    await until(() => shop.runs === 1)
    expect(await client.theme).to.equal('light')
    await control(client).set('theme', 'dark')
    expect(await client.cart.add('tea')).to.equal('added tea')
    expect(await pipe(client, (far) => [far.add(1, far.add(2, 3)), far.theme, far.open().next()])).to.deep.equal([
      6,
      'dark',
      1,
    ])
    expect(log).to.deep.equal([
      'outgoing notify call add',
      'incoming notify call add',
      'outgoing call get theme',
      'incoming call get theme',
      'outgoing call set theme',
      'incoming call set theme',
      'outgoing call call cart.add',
      'incoming call call cart.add',
      'outgoing call call rpc.pipe',
      'incoming call call add',
      'incoming call call add',
      'incoming call call open',
      'incoming callback call next',
      'incoming call get theme',
    ])
  })

  it('sees and changes values of properties; a method that is read stays one', async () => {
    const louder: Middleware = async ({ call, next }) => {
      if (call.access === 'set') call.args = [`${call.args[0]}!`]
      const value = await next()
      return call.access === 'get' && typeof value === 'string' ? value.toUpperCase() : value
    }
    const client = await start([louder], [louder])
    await control(client).set('theme', 'dark')
    expect(shop.theme).to.equal('dark!!')
    expect(await client.theme).to.equal('DARK!!')
    const add = await (client.add as unknown as Promise<Shop['add']>)
    expect(await add(1, 2)).to.equal(3)
  })

  it('sees callbacks and methods of references at both ends, with metadata', async () => {
    const log: string[] = []
    const signed: Middleware = ({ call, next }) => {
      if (call.direction === 'outgoing') call.metadata.by = 'me'
      log.push(`${shown(call)} ${call.metadata.by}`)
      return next()
    }
    const client = await start([signed], [signed])
    expect(await client.ask(() => 'because')).to.equal('it said because')
    const cursor = await client.open()
    expect(await cursor.next()).to.equal(1)
    cursor[Symbol.dispose]()
    expect(log).to.deep.equal([
      'outgoing call call ask me',
      'incoming call call ask me',
      'outgoing callback call callback me',
      'incoming callback call callback me',
      'outgoing call call open me',
      'incoming call call open me',
      'outgoing callback call next me',
      'incoming callback call next me',
    ])
  })

  it('runs once around all servers, and gives their answers', async () => {
    const log: string[] = []
    const client = await start([recorder(log, shown)])
    const values: unknown[] = []
    for await (const reply of control(client).all().add(1, 2)) values.push('value' in reply && reply.value)
    expect(values).to.deep.equal([3])
    expect(log).to.deep.equal(['outgoing stream call add'])
  })

  it('does not see what the library asks for itself', async () => {
    const log: string[] = []
    const client = await start([recorder(log, shown)], [recorder(log, shown)])
    await control(client).ping()
    expect(await control(client).servers()).to.have.length(1)
    expect(log).to.deep.equal([])
  })

  it('sees a call that the option retry tries again as one', async () => {
    const log: number[] = []
    const client = await start([recorder(log, ({ attempt }) => attempt)], [], {
      client: { retry: { attempts: 3, delayMs: 1 }, noServerTimeoutMs: 0 },
    })
    await pair.server.close()
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_NO_SERVER' })
    expect(log).to.deep.equal([1])
  })

  it('refuses a call with an idempotency key without using the key up', async () => {
    let isOpen = false
    const door: Middleware = ({ next }) => {
      if (!isOpen) throw new RangeError('closed')
      return next()
    }
    const client = await start([], [door])
    const idempotencyKey = freshName('key')
    const once = control(client).with({ idempotencyKey })
    expect(await rejection(once.add(1, 2))).to.be.instanceOf(RangeError)
    isOpen = true
    expect(await once.add(1, 2)).to.equal(3)
    isOpen = false
    expect(await once.add(1, 2), 'kept').to.equal(3)
    expect(shop.runs).to.equal(1)
    const admin = new Redis(redis().url)
    expect(await admin.del(onceRecord(pair.name, idempotencyKey))).to.equal(1)
    admin.disconnect()
  })

  it('works in the classic dialect, without metadata', async () => {
    const log: string[] = []
    const client = await start(
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
    await start([])
    const log: string[] = []
    const rpc = new RedisRPC(redis().url, { use: [recorder(log, shown)] })
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
