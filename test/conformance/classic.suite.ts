import { once } from 'node:events'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  control,
  kwargs,
  MessageTooLargeError,
  MethodNotFoundError,
  ProtocolError,
  RedisRPCClient,
  RedisRPCServer,
  RemoteError,
  SerializationError,
  TimeoutError,
} from 'redis-object-rpc'
import { Calculator } from '../../examples/calculator/calculator.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { linesOf, needPython, startPeer } from '../helpers/python.ts'

class Target extends Calculator {
  nothing(): void {}
  empty(): never {
    throw new Error('')
  }
  nan(): number {
    return Number.NaN
  }
  greet(name: string, options: { greeting: string }): string {
    return `${options.greeting} ${name}`
  }
}

interface Bank {
  add(number: number): number
  convert(amount: number, options: { to: string }): number
  all(...values: unknown[]): unknown
}

/** The dialect of the Python, Ruby and PHP originals, byte for byte. */
export function classicSuite(redis: () => RunningRedis): void {
  let raw: Redis
  let name: string
  before(() => {
    raw = new Redis(redis().url)
  })
  beforeEach(() => {
    name = freshName('classic')
  })
  after(() => raw?.disconnect())

  describe('server', () => {
    let server: RedisRPCServer
    beforeEach(async () => {
      server = new RedisRPCServer(redis().url, name, new Target(), { onError: () => {} })
      await server.start()
    })
    afterEach(async () => {
      await server.close()
      expect(await raw.keys(`*${name}*`)).to.deep.equal([])
    })

    const ask = async (call: string): Promise<string> => {
      const replies = `${name}:rpc:X7Y2US9A`
      await raw.rpush(name, `{"response_queue": "${replies}", "function_call": ${call}}`)
      const popped = await raw.blpop(replies, 10)
      return (popped as [string, string])[1]
    }

    for (const [call, reply] of [
      ['{"name": "add", "args": [5.0]}', '{"return_value":5}'],
      ['{"args": [], "name": "val"}', '{"return_value":0}'],
      ['{"name": "clr"}', '{"return_value":0}'],
      ['{"name": "nothing"}', '{"return_value":null}'],
      ['{"name": "greet", "args": ["J\u00f6rg"], "kwargs": {"greeting": "h\\u00ef"}}', '{"return_value":"hï Jörg"}'],
      ['{"name": "div", "args": [0]}', '{"exception":"RangeError: division by zero"}'],
      ['{"name": "empty"}', '{"exception":"Error"}'],
      ['{"name": "nope"}', JSON.stringify({ exception: notFound('<name>') })],
      ['{"name": "nan"}', '{"return_value":"NaN","meta":{"values":["number"],"v":1}}'],
    ] as const) {
      it(`answers ${call} with ${reply}`, async () => {
        expect((await ask(call)).replace(name, '<name>')).to.equal(reply)
      })
    }

    it('lets a reply that nobody fetches expire', async () => {
      const replies = `${name}:rpc:UNWANTED`
      await raw.rpush(name, `{"function_call":{"name":"val"},"response_queue":"${replies}"}`)
      while ((await raw.pttl(replies)) < 0);
      expect(await raw.pttl(replies)).to.be.within(1, 60_000)
      await raw.del(replies)
    })

    it('serves both dialects from one list', async () => {
      const native = new RedisRPCClient<Target>(redis().url, name)
      const classic = new RedisRPCClient<Target>(redis().url, name, { dialect: 'classic' })
      await native.add(5)
      expect(await classic.sub(3)).to.equal(2)
      expect(await native.val()).to.equal(2)
      expect(await classic.nan(), 'one of ours reads meta too').to.be.NaN
      await Promise.all([control(native).close(), control(classic).close()])
    })

    it('is called by a client in Python', async function () {
      needPython.call(this)
      const lines = await linesOf(startPeer('redisrpc_peer.py', 'client', redis().url, name))
      expect(lines.map((line) => JSON.parse(line))).to.deep.equal([
        ['clr', { value: 0 }],
        ['add', { value: 5 }],
        ['sub', { value: 2 }],
        ['mul', { value: 8 }],
        ['div', { value: 4 }],
        ['val', { value: 4 }],
        ['div', { exception: 'RangeError: division by zero' }],
        ['nope', { exception: notFound(name) }],
        ['greet', { value: 'hi Jörg ☃' }],
      ])
    })

    it('answers a request that holds a key it refuses with an exception', async () => {
      const reply = await ask('{"name": "add", "args": [{"__proto__": 1}]}')
      expect(JSON.parse(reply).exception).to.match(/__proto__/)
    })
  })

  describe('client', () => {
    let bank: RedisRPCClientOf<Bank>
    beforeEach(() => {
      bank = new RedisRPCClient<Bank>(redis().url, name, { dialect: 'classic', onError: () => {} })
    })
    afterEach(async () => {
      await control(bank).close()
      expect(control(bank).stats.pending).to.equal(0)
      expect(await raw.keys(`*${name}*`)).to.deep.equal([])
    })

    const nextRequest = async (): Promise<{ text: string; replies: string }> => {
      const [, text] = (await raw.blpop(name, 10)) as [string, string]
      return { text, replies: JSON.parse(text).response_queue }
    }

    it('sends exactly the classic request, with a fresh reply list each time', async () => {
      const first = bank.add(5)
      const one = await nextRequest()
      expect(one.replies).to.match(new RegExp(`^${name}:rpc:[A-Z0-9]{8}$`))
      expect(one.text).to.equal(`{"function_call":{"name":"add","args":[5]},"response_queue":"${one.replies}"}`)
      const second = bank.convert(5, kwargs({ to: 'EUR' }))
      const two = await nextRequest()
      expect(two.text).to.equal(
        `{"function_call":{"name":"convert","args":[5],"kwargs":{"to":"EUR"}},"response_queue":"${two.replies}"}`,
      )
      const third = bank.all()
      const three = await nextRequest()
      expect(three.text).to.equal(`{"function_call":{"name":"all"},"response_queue":"${three.replies}"}`)
      await raw.rpush(three.replies, '{"return_value": null, "exception": null}')
      await raw.rpush(two.replies, '{"return_value": 4.0}')
      await raw.rpush(one.replies, '{"return_value": "J\\u00f6rg"}')
      expect(await Promise.all([first, second, third])).to.deep.equal(['Jörg', 4, null])
    })

    const failures: [reply: string, check: (error: Error) => void][] = [
      [
        `{"exception": "AttributeError(\\"'Calculator' object has no attribute 'foo'\\",)"}`,
        (error) => {
          expect(error).to.be.instanceOf(RemoteError)
          expect(error).to.include({ name: 'AttributeError', message: "'Calculator' object has no attribute 'foo'" })
        },
      ],
      [
        '{"exception": "divided by 0", "backtrace": ["calc.rb:7:in `div\'"]}',
        (error) => expect(error.stack).to.include("calc.rb:7:in `div'"),
      ],
      ['{"return_value": NaN}', (error) => expect(error).to.be.instanceOf(ProtocolError)],
      ['{"return_value": -Infinity}', (error) => expect(error).to.be.instanceOf(ProtocolError)],
      [
        '{"return_value": {}, "meta": {"v": 1, "values": [["class", "Account"]]}}',
        (error) =>
          expect(error)
            .to.be.instanceOf(ProtocolError)
            .with.property('message')
            .that.matches(/Account/),
      ],
      [`{"return_value": ${'['.repeat(2_000)}`, (error) => expect(error).to.be.instanceOf(MessageTooLargeError)],
      ['{}', (error) => expect(error).to.be.instanceOf(ProtocolError)],
      ['[1]', (error) => expect(error).to.be.instanceOf(ProtocolError)],
    ]
    for (const [reply, check] of failures) {
      it(`rejects clearly on ${reply.slice(0, 80)}`, async () => {
        const failed = rejection(bank.add(1))
        await raw.rpush((await nextRequest()).replies, reply)
        check((await failed) as Error)
      })
    }

    it('refuses an idempotency key, which a classic server would ignore', async () => {
      const keyed = control(bank).with({ idempotencyKey: 'order-7' })
      const error = await rejection((async () => keyed.add(1))())
      expect(error)
        .to.have.property('message')
        .that.matches(/idempotencyKey/)
      expect(await raw.llen(name)).to.equal(0)
    })

    it('rejects calls once it is closed', async () => {
      await control(bank).close()
      expect(await rejection(bank.add(1))).to.have.property('code', 'ERR_CLOSED')
    })

    it('takes its request back when it gives up', async () => {
      await connect()
      const abort = new AbortController()
      const call = rejection(control(bank).with({ signal: abort.signal }).add(5))
      while ((await raw.llen(name)) !== 1);
      abort.abort('enough')
      expect(await call).to.equal('enough')
      while ((await raw.llen(name)) !== 0);
      expect(await rejection(control(bank).with({ timeoutMs: 1 }).add(5))).to.be.instanceOf(TimeoutError)
      while ((await raw.llen(name)) !== 0);
    })

    it('sends nothing when it gives up before it is connected', async () => {
      const abort = new AbortController()
      const call = rejection(control(bank).with({ signal: abort.signal }).add(5))
      abort.abort('enough')
      expect(await call).to.equal('enough')
      await connect()
      expect(await raw.llen(name)).to.equal(0)
    })

    it('drops a late reply, which leaves nothing behind', async () => {
      const abort = new AbortController()
      const call = rejection(control(bank).with({ signal: abort.signal }).add(5))
      const { replies } = await nextRequest()
      abort.abort('enough')
      await call
      await raw.rpush(replies, '{"return_value": 1}')
      while (control(bank).stats.late === 0) await raw.ping()
      expect(await raw.exists(replies)).to.equal(0)
    })

    it('refuses what plain JSON does not carry', async () => {
      expect(await rejection(bank.all(new Date()))).to.be.instanceOf(SerializationError)
    })

    it('waits for a thousand calls on its two connections', async () => {
      const sums = Promise.all(Array.from({ length: 1_000 }, (_, number) => bank.add(number)))
      for (let served = 0; served < 1_000; served++) {
        const { text, replies } = await nextRequest()
        const [number] = JSON.parse(text).function_call.args
        await raw.rpush(replies, `{"return_value": ${number + 1}}`)
      }
      expect(await sums).to.deep.equal(Array.from({ length: 1_000 }, (_, number) => number + 1))
    })

    it('calls a server in Python', async function () {
      needPython.call(this)
      const peer = startPeer('redisrpc_peer.py', 'server', redis().url, name, '9')
      await once(peer.stdout, 'data')
      const calc = new RedisRPCClient<Target>(redis().url, name, { dialect: 'classic' })
      expect(await calc.clr()).to.equal(null)
      expect(await calc.add(5)).to.equal(5)
      expect(await calc.sub(3)).to.equal(2)
      expect(await calc.mul(4)).to.equal(8)
      expect(await calc.div(2)).to.equal(4)
      expect(await rejection(calc.div(0))).to.include({ name: 'ZeroDivisionError' })
      expect(await calc.greet('Jörg', kwargs({ greeting: 'hi' }))).to.equal('hi Jörg')
      expect(await rejection(calc.nan())).to.be.instanceOf(ProtocolError)
      expect(await rejection(calc.nothing())).to.include({ name: 'AttributeError' })
      await linesOf(peer)
      await control(calc).close()
    })

    const connect = async (): Promise<void> => {
      const call = bank.add(0)
      await raw.rpush((await nextRequest()).replies, '{"return_value": 0}')
      await call
    }
  })
}

type RedisRPCClientOf<T extends object> = InstanceType<typeof RedisRPCClient<T>>

function notFound(service: string): string {
  return `MethodNotFoundError: ${new MethodNotFoundError('nope', service).message}`
}
