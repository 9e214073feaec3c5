import { inspect } from 'node:util'
import { expect } from 'chai'
import { control, InvalidOptionError, RedisRPC, RedisRPCClient } from 'redis-object-rpc'
import { rejection } from '../helpers/pair.ts'

const URL = 'redis://127.0.0.1:1'

/** A bad option is refused at construction, before anything connects; the error names it and says what it accepts. */
describe('a client', () => {
  const refused: [options: object, option: string][] = [
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: -5 }, 'timeoutMs'],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs'],
    [{ dialect: 'modern' }, 'dialect'],
    [{ clock: 5 }, 'clock'],
    [{ streamWindowBytes: 2 ** 26 }, 'streamWindowBytes'],
    [{ streamIdleMs: '5' }, 'streamIdleMs'],
    [{ maxStreams: 0.5 }, 'maxStreams'],
    [{ use: {} }, 'use'],
    [{ timeout: 5 }, 'timeout'],
    [{ retry: { attempts: 0 } }, 'attempts'],
    [{ retry: { jitter: 2 } }, 'jitter'],
    [{ retry: { tries: 2 } }, 'tries'],
    [{ retry: 5 }, 'retry'],
  ]
  for (const [options, option] of refused) {
    it(`refuses the options ${inspect(options)} and names ${option}`, () => {
      expect(() => new RedisRPCClient(URL, 'calc', options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  it('refuses options of a call when with() gets them', () => {
    const calc = new RedisRPCClient<{ add(): void }>(URL, 'calc')
    expect(() => control(calc).with({ timeoutMs: -1 })).to.throw(InvalidOptionError, 'timeoutMs')
    expect(() => control(calc).with({ signal: 5 as never })).to.throw(InvalidOptionError, 'signal')
    expect(() => control(calc).with({ idempotencyKey: '' })).to.throw(InvalidOptionError, 'idempotencyKey')
    expect(() => control(calc).with({ idempotencyTtlMs: 0 })).to.throw(InvalidOptionError, 'idempotencyTtlMs')
    expect(() => control(calc).with({ delivery: 'twice' as never })).to.throw(InvalidOptionError, 'delivery')
    expect(() => control(calc).with({ metadata: 5 as never })).to.throw(InvalidOptionError, 'metadata')
    expect(() => control({} as never)).to.throw(InvalidOptionError, 'client')
  })

  it('refuses names of methods and properties that are none, and filters of calls that cannot be right', async () => {
    const handle = control(new RedisRPCClient<object>(URL, 'calc', { onError: () => {} }))
    for (const refuse of [
      () => handle.call(5 as never),
      () => handle.get({} as never),
      () => handle.set(5 as never, 1),
    ])
      expect(await rejection(refuse())).to.be.instanceOf(InvalidOptionError)
    const filters = [{ minDurationMs: -1 }, { minDurationMs: '5' }, { failed: 1 }, { method: '' }, { methods: 'add' }]
    for (const filter of filters) expect(() => handle.watch(filter as never)).to.throw(InvalidOptionError)
    await handle.close()
  })

  it('refuses a name or an address that cannot be right, and names it', () => {
    expect(() => new RedisRPCClient(URL, ''))
      .to.throw(InvalidOptionError)
      .with.property('option', 'name')
    expect(() => new RedisRPCClient(7 as never, 'calc'))
      .to.throw(InvalidOptionError)
      .with.property('option', 'redis')
  })

  it('refuses the classic dialect on shared connections', async () => {
    const rpc = new RedisRPC(URL)
    expect(() => rpc.client('calc', { dialect: 'classic' } as never))
      .to.throw(InvalidOptionError)
      .with.property('option', 'dialect')
    await rpc.close()
  })
})
