import { type } from 'arktype'
import { expect } from 'chai'
import {
  contract,
  control,
  InvalidOptionError,
  pipe,
  type RedisRPCServerOptions,
  type StandardSchema,
  ValidationError,
} from 'redis-object-rpc'
import * as v from 'valibot'
import { z } from 'zod'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { freshName } from '../../helpers/names.ts'
import { type Pair, rejection, startPair } from '../../helpers/pair.ts'

/** A schema of no library. */
function schema(validate: StandardSchema['~standard']['validate']): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const LIBRARIES = {
  zod: z.tuple([z.object({ price: z.number() })]),
  valibot: v.tuple([v.object({ price: v.number() })]),
  arktype: type([{ price: 'number' }]),
}

describeLeavingNothing('validation', (redis) => {
  class Shop {
    readonly ran: unknown[] = []
    readonly orders = { count: (of: unknown) => this.#run(of) }
    order(item: unknown, ...more: unknown[]): unknown {
      return this.#run(item, ...more)
    }
    async later(item: unknown): Promise<unknown> {
      return this.#run(item)
    }
    #run(...args: unknown[]): unknown {
      this.ran.push(args)
      return args[0]
    }
  }

  let shop: Shop
  let pair: Pair<Shop>
  const start = async (
    methods: RedisRPCServerOptions<'order' | 'later' | 'orders.count'>['methods'],
  ): Promise<void> => {
    shop = new Shop()
    pair = await startPair(redis(), shop, {
      server: { methods, expose: ['order', 'later', 'orders.count'] } as never,
      client: { timeoutMs: 10_000 },
    })
  }
  afterEach(() => pair?.close())

  for (const [library, args] of Object.entries(LIBRARIES)) {
    it(`refuses arguments that a schema of ${library} refuses, and does not run the method`, async () => {
      await start({ order: { args } })
      expect(await pair.client.order({ price: 5 })).to.deep.equal({ price: 5 })
      const error = await rejection(pair.client.order({ price: 'much' }))
      expect(error).to.be.instanceOf(ValidationError)
      expect(error).to.include({ code: 'ERR_VALIDATION', on: 'args', operation: `${pair.name}.order` })
      expect((error as ValidationError).issues.map(({ path }) => path)).to.deep.equal([[0, 'price']])
      expect((error as ValidationError).message).to.include('args[0].price')
      expect(shop.ran).to.have.length(1)
    })
  }

  it('gives the method what the schema makes of the arguments, and the caller what it makes of the result', async () => {
    await start({
      order: {
        args: z.tuple([z.coerce.number(), z.string().default('one')]),
        result: z.number().transform((n) => n * 2),
      },
      later: { result: z.number().transform((n) => n + 1) },
    })
    expect(await pair.client.order('21')).to.equal(42)
    expect(await pair.client.later(1)).to.equal(2)
    expect(shop.ran).to.deep.equal([[21, 'one'], [1]])
  })

  it('refuses a result, of sync and async methods', async () => {
    await start({ order: { result: z.number() }, later: { result: z.number() } })
    for (const call of [pair.client.order('x'), pair.client.later('x')])
      expect(await rejection(call)).to.include({ code: 'ERR_VALIDATION', on: 'result' })
    expect(shop.ran).to.have.length(2)
  })

  it('takes schemas that are asynchronous, and ends by the deadline of the call', async () => {
    let settle: (() => void) | undefined
    const slow = schema((value) => new Promise((resolve) => (settle = () => resolve({ value }))))
    await start({ order: { args: schema(async (value) => ({ value })) }, later: { args: slow } })
    expect(await pair.client.order(1)).to.equal(1)
    const error = await rejection(control(pair.client).with({ timeoutMs: 300 }).later(1))
    expect(error).to.include({ code: 'ERR_TIMEOUT' })
    settle?.()
  })

  it('passes on what a schema throws', async () => {
    const fails = schema(() => {
      throw new RangeError('broken')
    })
    await start({ order: { args: fails } })
    expect(await rejection(pair.client.order(1))).to.be.instanceOf(RangeError)
    expect(shop.ran).to.deep.equal([])
  })

  for (const value of ['no array', { 0: 1, length: 1 }, null, undefined]) {
    it(`refuses arguments that a schema turns into ${JSON.stringify(value)}, sync or async`, async () => {
      await start({ order: { args: schema(() => ({ value })) }, later: { args: schema(async () => ({ value })) } })
      for (const [method, call] of [
        ['order', pair.client.order(1)],
        ['later', pair.client.later(1)],
      ] as const) {
        const error = await rejection(call)
        expect(error).to.be.instanceOf(ValidationError)
        expect(error).to.include({ code: 'ERR_VALIDATION', on: 'args', operation: `${pair.name}.${method}` })
        expect((error as ValidationError).message).to.include('something other than an array of arguments')
      }
      expect(shop.ran).to.deep.equal([])
    })
  }

  it('sends few issues, and short ones, however much is wrong', async () => {
    const issue = {
      message: 'm'.repeat(10_000),
      path: Array.from({ length: 1_000 }, () => ({ key: 'k'.repeat(10_000) })),
    }
    await start({ order: { args: schema(() => ({ issues: Array.from({ length: 1_000 }, () => issue) })) } })
    const error = (await rejection(pair.client.order(1))) as ValidationError
    expect(error.issues).to.have.length(20)
    expect(error.issues[0]?.message).to.have.length(501)
    expect(error.issues[0]?.path).to.have.length(32)
  })

  it('applies in namespaces, pipelines, and notifications', async () => {
    const args = z.tuple([z.number()])
    await start({ order: { args }, 'orders.count': { args } })
    expect(await rejection(pair.client.orders.count('x'))).to.include({ code: 'ERR_VALIDATION' })
    expect(await rejection(pipe(pair.client, (c) => c.order('x')))).to.include({ code: 'ERR_VALIDATION' })
    await control(pair.client).notify.order('x')
    expect(await pair.client.order(1)).to.equal(1)
    expect(shop.ran).to.deep.equal([[1]])
    expect(pair.errors.map((error) => (error as ValidationError).code)).to.deep.equal(['ERR_VALIDATION'])
  })

  it('keeps nothing under an idempotency key when the arguments are refused', async () => {
    await start({ order: { args: z.tuple([z.number()]) } })
    const once = control(pair.client).with({ idempotencyKey: 'k' })
    expect(await rejection(once.order('x'))).to.include({ code: 'ERR_VALIDATION' })
    expect(await once.order(7)).to.equal(7)
    expect(await once.order(7)).to.equal(7)
    expect(shop.ran).to.deep.equal([[7]])
  })

  it('tells clients the JSON Schemas of the methods whose schemas have one', async () => {
    await start({
      order: { args: z.tuple([z.number()]), result: z.string() },
      later: { args: type(['number']) },
      'orders.count': { args: schema((value) => ({ value })) },
    })
    const [info] = await control(pair.client).servers()
    expect(info?.shapes.order?.args).to.include({ type: 'array' })
    expect(info?.shapes.order?.result).to.include({ type: 'string' })
    expect(info?.shapes.later?.args).to.include({ type: 'array' })
    expect(info?.shapes).not.to.have.property('orders.count')
  })

  it('tells the JSON Schema of a schema that has only a method for it, and none of one that has no schema to give', async () => {
    const validate = (value: unknown) => ({ value })
    await start({
      order: { args: Object.assign(schema(validate), { toJsonSchema: () => ({ type: 'array', made: () => 1 }) }) },
      later: { args: Object.assign(schema(validate), { toJSONSchema: () => 5 }) },
    })
    const [info] = await control(pair.client).servers()
    expect(info?.shapes).to.deep.equal({ order: { args: { type: 'array' } } })
  })

  it('refuses what is no Standard Schema', async () => {
    for (const args of [{}, null, 'z.number()', { '~standard': { version: 2, validate: () => {} } }]) {
      const error = await rejection(start({ order: { args: args as never } }))
      expect(error).to.be.instanceOf(InvalidOptionError)
      expect((error as InvalidOptionError).option).to.equal('methods.order.args')
    }
  })

  it('comes with a contract, which names what may be called at both ends', async () => {
    const calc = contract(freshName('calc'), {
      add: { args: z.tuple([z.number(), z.number()]), result: z.number(), delivery: 'at-least-once' },
      'text.upper': { args: z.tuple([z.string().trim()]), result: z.string() },
    })
    const served = {
      add: (a: number, b: number) => a + b,
      text: { upper: (t: string) => t.toUpperCase() },
      secret: () => 1,
    }
    const server = calc.server(redis().url, served)
    const client = calc.client(redis().url)
    await server.start()
    expect([await client.add(1, 2), await client.text.upper(' a ')]).to.deep.equal([3, 'A'])
    expect(await rejection(client.add(1, 'x' as never))).to.include({ code: 'ERR_VALIDATION' })
    expect(await rejection(control(client).call('secret'))).to.include({ code: 'ERR_METHOD_NOT_FOUND' })
    expect((await control(client).servers())[0]?.repeatable).to.deep.equal(['add'])
    await control(client).close()
    await server.close()
    expect(() => calc.server(redis().url, {} as never)).to.throw(InvalidOptionError)
    expect(() => contract('x', {})).to.throw(InvalidOptionError)
  })
})
