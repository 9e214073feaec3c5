import { expect } from 'chai'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import type { RpcError } from '../../lib/errors.ts'
import { FunctionClient, FunctionServer } from '../../lib/functions/index.ts'
import { control, RedisRPCClient, type RedisRPCClientOptions, RedisRPCServer } from '../../lib/index.ts'
import { WriteQueue } from '../../lib/ipc/index.ts'

class Money {
  amount = 1
}

interface Calc {
  take(value: unknown): void
  give(what: string): unknown
}

const GIVES: Readonly<Record<string, unknown>> = {
  promise: { rows: [{ p: Promise.resolve(1) }] },
  money: new Money(),
  long: 'x'.repeat(3_000),
  deep: [[[[[[1]]]]]],
}

describe('an error about a value says at which end it is, and how large it was', () => {
  let redis: EmbeddedRedis
  let server: RedisRPCServer

  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
    const calc: Calc = { take: () => {}, give: (what) => GIVES[what] }
    server = new RedisRPCServer(redis.url, 'calc', calc, {
      maxMessageBytes: 2_000,
      maxDepth: 5,
      classes: [Money],
      onError: () => {},
    })
    await server.start()
  })

  after(async () => {
    await server.close()
    await redis.close()
  })

  async function failure(
    options: RedisRPCClientOptions,
    call: (calc: RedisRPCClient<Calc>) => Promise<unknown>,
  ): Promise<string> {
    const client = new RedisRPCClient<Calc>(redis.url, 'calc', options)
    const error = await call(client).then(
      () => undefined,
      (caught: RpcError) => caught,
    )
    await control(client).close()
    return `${error?.code} ${error?.message}`
  }

  for (const [what, options, call, text] of [
    [
      'an argument that cannot travel',
      {},
      (calc) => calc.take({ p: Promise.resolve(1) }),
      'ERR_SERIALIZATION args[0].p at the client of calc: a promise cannot be sent; await it first',
    ],
    [
      'an argument of the classic dialect',
      { dialect: 'classic' },
      (calc) => calc.take(1n),
      'ERR_SERIALIZATION args at the client of calc: the classic dialect carries only what plain JSON carries exactly',
    ],
    [
      'a result that cannot travel',
      {},
      (calc) => calc.give('promise'),
      'ERR_SERIALIZATION return_value.rows[0].p at the server of calc: a promise cannot be sent; await it first',
    ],
    [
      'a class that the client lacks',
      {},
      (calc) => calc.give('money'),
      'ERR_PROTOCOL class "Money", which the other end sent, is not registered at the client of calc; ' +
        'add it to the option "classes" there',
    ],
    [
      'a class that the server lacks',
      { classes: { Dollars: Money } },
      (calc) => calc.take(new Money()),
      'ERR_PROTOCOL class "Dollars", which the other end sent, is not registered at the server of calc; ' +
        'add it to the option "classes" there',
    ],
    [
      'a request that the client may not send',
      { maxMessageBytes: 1_000 },
      (calc) => calc.take('x'.repeat(1_100)),
      /^ERR_MESSAGE_TOO_LARGE the message takes at least 12\d\d bytes, more than the 1000 that maxMessageBytes of the client of calc allows; send less at once, or raise the limit of both ends$/,
    ],
    [
      'a request that the server does not read',
      {},
      (calc) => calc.take('x'.repeat(2_100)),
      /^ERR_MESSAGE_TOO_LARGE the message takes at least 22\d\d bytes, more than the 2000 that maxMessageBytes of the server of calc allows/,
    ],
    [
      'a reply that the server may not send',
      {},
      (calc) => calc.give('long'),
      /^ERR_MESSAGE_TOO_LARGE the message takes at least 30\d\d bytes, more than the 2000 that maxMessageBytes of the server of calc allows/,
    ],
    [
      'a reply that nests too deep',
      {},
      (calc) => calc.give('deep'),
      'ERR_MESSAGE_TOO_LARGE the message nests deeper than the 5 levels that maxDepth of the server of calc allows; ' +
        'send a flatter value',
    ],
  ] as readonly (readonly [
    string,
    RedisRPCClientOptions,
    (calc: RedisRPCClient<Calc>) => Promise<unknown>,
    string | RegExp,
  ])[]) {
    it(what, async () => {
      const got = await failure(options, call)
      if (typeof text === 'string') expect(got).to.equal(text)
      else expect(got).to.match(text)
    })
  }

  it('a task, and an argument of a function', async () => {
    await using queue = new WriteQueue(redis.url, 'jobs')
    await using client = new FunctionClient(redis.url)
    await using functions = new FunctionServer(redis.url, { f: () => () => 1 }, { id: 'one' })
    await functions.start()
    const messageOf = (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => '',
        (error: Error) => error.message,
      )
    expect(await messageOf(queue.publish([() => 1]))).to.equal(
      'content[0] at the queue jobs: a function cannot be sent; it stays in its process, so send data',
    )
    expect(await messageOf(client.call('f', { a: 1n }))).to.match(/^kw\.a at the function client: /)
    expect(await messageOf(client.call('f', {}))).to.match(
      /res at the function server one: a function cannot be sent; it stays in its process, so send data$/,
    )
  })
})
