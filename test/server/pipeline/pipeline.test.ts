import { expect } from 'chai'
import { Redis } from 'ioredis'
import { type Pipeline, RedisRPCServer, SerializationError, type ValueType } from 'redis-object-rpc'
import { Recorder } from '../../../lib/client/pipe/recorder.ts'
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { freshName } from '../../helpers/names.ts'
import { far, PIPELINES } from '../../wire/pipeline-vectors.ts'

class Point {
  x = 0
  double(): number {
    return this.x * 2
  }
}

const amount: ValueType = {
  name: 'Amount',
  is: (value) => value instanceof Amount,
  encode: (value) => (value as Amount).text,
  decode: (text) => new Amount(text),
}
class Amount {
  readonly text: unknown
  constructor(text: unknown) {
    this.text = text
  }
}

const codec = new Codec({ classes: [Point], types: [amount] })

describe('the arguments of a pipeline', () => {
  const encode = (build: (c: Pipeline<typeof far>) => unknown) =>
    new Recorder((args, numberOf) => codec.encodeStep(args, 'args', numberOf)).record(build as (c: object) => unknown)

  for (const { source, build, args } of PIPELINES) {
    it(`are written as the protocol says: ${source}`, () => {
      expect(encode(build)).to.equal(args)
    })
  }

  it('have no step in what represents a value of a described type', async () => {
    expect(() => encode((c) => c.user(new Amount(c.user(1)) as never)))
      .to.throw(SerializationError)
      .with.property('message')
      .that.matches(/^args\[0\].*in what encode\(\) of a type returned/)
  })
})

describe('a server that is sent pipelines by hand', () => {
  let redis: EmbeddedRedis
  let connection: Redis
  let server: RedisRPCServer
  let name: string
  let inbox: string
  let log: string[]
  let id: number

  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
    connection = new Redis(redis.url)
  })
  after(async () => {
    connection.disconnect()
    await redis.close()
  })
  beforeEach(async () => {
    name = freshName('service')
    inbox = `${name}:rpc:V1StGXR8_Z5j`
    log = []
    id = 0
    const shared = { list: [1], map: new Map([['k', 1]]) }
    const target = {
      ...far,
      note: (text: unknown) => {
        log.push(String(text))
        return text
      },
      point: () => new Point(),
      shared: () => shared,
      read: () => JSON.stringify(shared.list),
      take: (value: unknown) => value,
    }
    server = new RedisRPCServer(redis.url, name, target, {
      classes: [Point],
      types: [amount],
      exposeStacks: false,
      onError: () => {},
      version: '1',
    })
    await server.start()
  })
  afterEach(() => server.close())

  /** Pushes a request and gives the text of its reply. */
  const send = async (args: string): Promise<string> => {
    id++
    await connection.rpush(
      name,
      `{"function_call":{"name":"rpc.pipe","args":${args}},"response_queue":"${inbox}","id":${id}}`,
    )
    const [, text] = (await connection.blpop(inbox, 10)) as [string, string]
    return text
  }
  const steps = (json: unknown[], shape: unknown = json.length - 1): Promise<string> =>
    send(JSON.stringify([json, shape]))
  const note = { name: 'note', args: ['ran'] }
  const step = (path: string) => ({ values: { [path]: [['custom', 'Step']] }, v: 1 })

  for (const { source, args, reply } of PIPELINES) {
    it(`answers as the protocol says: ${source}`, async () => {
      expect(await send(args)).to.equal(`{"id":${id},${reply}}`)
    })
  }

  const PROTOCOL = 'ERR_PROTOCOL'
  const NOT_FOUND = 'ERR_METHOD_NOT_FOUND'
  const refused: readonly [what: string, args: string, code: string][] = [
    ['no arguments', '[]', PROTOCOL],
    ['one argument', '[[{"name":"note"}]]', PROTOCOL],
    ['three arguments', '[[{"name":"note"}],0,1]', PROTOCOL],
    ['steps that are no array', '[{"0":{"name":"note"},"length":1},0]', PROTOCOL],
    ['no steps', '[[],0]', PROTOCOL],
    ['101 steps', JSON.stringify([Array(101).fill(note), 0]), PROTOCOL],
    ['a step that is null', '[[{"name":"note"},null],0]', PROTOCOL],
    ['a step that is an array', '[[{"name":"note"},[]],0]', PROTOCOL],
    ['a step without a name', '[[{"name":"note"},{}],0]', PROTOCOL],
    ['a step with two names', '[[{"name":"note"},{"on":0,"name":"a","get":"b"}],0]', PROTOCOL],
    ['a name that is a number', '[[{"name":"note"},{"name":1}],0]', PROTOCOL],
    ['a get that is a number', '[[{"name":"note"},{"on":0,"get":1}],0]', PROTOCOL],
    ['args that are no array', '[[{"name":"note"},{"name":"note","args":{"length":1}}],0]', PROTOCOL],
    ['a step on itself', '[[{"name":"note"},{"on":1,"get":"a"}],0]', PROTOCOL],
    ['a step on a later one', '[[{"on":1,"get":"a"},{"name":"note"}],0]', PROTOCOL],
    ['a step on one before the first', '[[{"name":"note"},{"on":-1,"get":"a"}],0]', PROTOCOL],
    ['a step on half of one', '[[{"name":"note"},{"on":0.5,"get":"a"}],0]', PROTOCOL],
    ['a step on a text', '[[{"name":"note"},{"on":"0","get":"a"}],0]', PROTOCOL],
    ['a step on a name of arrays', '[[{"name":"note"},{"on":"length","get":"a"}],0]', PROTOCOL],
    ['a key __proto__', '[[{"name":"note"},{"__proto__":{"name":"note"}}],0]', PROTOCOL],
    ['the result of a later step', JSON.stringify([[{ ...note, args: [1], meta: step('0') }, note], 0]), PROTOCOL],
    ['the result of itself', JSON.stringify([[note, { ...note, args: [1], meta: step('0') }], 0]), PROTOCOL],
    ['a result of no step', JSON.stringify([[note, { ...note, args: [-1], meta: step('0') }], 0]), PROTOCOL],
    ['a result of a text', JSON.stringify([[note, { ...note, args: ['0'], meta: step('0') }], 0]), PROTOCOL],
    ['a place that is not there', JSON.stringify([[note, { ...note, args: [], meta: step('0') }], 0]), PROTOCOL],
    [
      'all arguments as one result',
      '[[{"name":"note"},{"name":"note","args":[],"meta":{"values":[["custom","Step"]],"v":1}}],0]',
      PROTOCOL,
    ],
    ['a meta of another version', '[[{"name":"note"},{"name":"note","args":[0],"meta":{"v":2}}],0]', PROTOCOL],
    [
      'a class that is not known',
      '[[{"name":"note"},{"name":"note","args":[{}],"meta":{"values":{"0":[["class","X"]]},"v":1}}],0]',
      PROTOCOL,
    ],
    ['a shape that is no step', '[[{"name":"note"}],1]', PROTOCOL],
    ['a shape that is null', '[[{"name":"note"}],null]', PROTOCOL],
    ['a shape within a shape', '[[{"name":"note"}],[[0]]]', PROTOCOL],
    ['a shape of texts', '[[{"name":"note"}],{"a":"0"}]', PROTOCOL],
    ['a shape of 1001 results', JSON.stringify([[note], Array(1_001).fill(0)]), PROTOCOL],
    ...[
      'nope',
      '',
      'rpc.ping',
      'rpc.get',
      'rpc.set',
      'rpc.pipe',
      'rpc.cancel',
      '__proto__',
      'constructor',
      'toString',
      'note.call',
      'note.constructor',
      'x'.repeat(1_000),
    ].map((method): [string, string, string] => [
      `a call of ${JSON.stringify(method)}`,
      JSON.stringify([[note, { name: method, args: ['secret', 1] }], 0]),
      method === 'note.call' ? 'late' : NOT_FOUND,
    ]),
    ...['constructor', '_private', 'toString', 'then', 'toJSON', 'hasOwnProperty'].map(
      (property): [string, string, string] => [
        `a read of ${JSON.stringify(property)}`,
        JSON.stringify([[note, { on: 0, get: property }], 0]),
        NOT_FOUND,
      ],
    ),
    ...['constructor', '__lookupGetter__', 'then', 'valueOf'].map((method): [string, string, string] => [
      `a call of ${JSON.stringify(method)} on a result`,
      JSON.stringify([[note, { on: 0, name: method, args: [] }], 0]),
      NOT_FOUND,
    ]),
  ]
  for (const [what, args, code] of refused.filter(([, , code]) => code !== 'late')) {
    it(`runs nothing of a pipeline with ${what}`, async () => {
      const reply = JSON.parse(await send(args)) as { error: { fields: { code: string }; message: string } }
      expect(reply.error.fields.code, reply.error.message).to.equal(code)
      expect(log).to.deep.equal([])
      expect(await steps([note])).to.include('"return_value":"ran"')
    })
  }
  for (const [what, args] of refused.filter(([, , code]) => code === 'late')) {
    it(`does not reach, at ${what}`, async () => {
      expect(await send(args))
        .to.include(NOT_FOUND)
        .and.to.include('"step":1')
    })
  }

  it('takes no step among arguments of other calls', async () => {
    await connection.rpush(
      name,
      `{"function_call":{"name":"note","args":[0]},"meta":${JSON.stringify(step('0'))},"response_queue":"${inbox}","id":1}`,
    )
    const [, text] = (await connection.blpop(inbox, 10)) as [string, string]
    expect(text).to.include('ERR_PROTOCOL')
    expect(log).to.deep.equal([])
  })

  it('lets no annotation lead into the result of a step', async () => {
    for (const meta of [
      { values: { 0: [['custom', 'Step']], '0.list.0': ['bigint'] }, v: 1 },
      { values: { 0: [['custom', 'Step'], { list: ['set'] }] }, v: 1 },
      { values: { 0: [['custom', 'Step']] }, referentialEqualities: { 1: ['0.list'] }, v: 1 },
      { values: { 0: [['custom', 'Step']] }, referentialEqualities: { 1: ['0.list.0'] }, v: 1 },
      { values: { 0: [['custom', 'Step']] }, referentialEqualities: { 0: ['1'] }, v: 1 },
      { values: { 0: [['custom', 'Amount'], [['custom', 'Step']]] }, v: 1 },
      { values: { 0: ['set', { 0: [['custom', 'Step']] }] }, v: 1 },
    ]) {
      const reply = await steps([{ name: 'shared' }, { name: 'take', args: [0, 'x'], meta }, note])
      expect(reply, JSON.stringify(meta)).to.include('ERR_PROTOCOL')
    }
    expect(log).to.deep.equal([])
    expect(await steps([{ name: 'read' }])).to.include('"return_value":"[1]"')
  })

  it('refuses arguments that hide a method of their class with a result', async () => {
    const meta = { values: { 0: [['class', 'Point'], { double: [['custom', 'Step']] }] }, v: 1 }
    const reply = await steps([note, { name: 'take', args: [{ x: 1, double: 0 }], meta }])
    expect(reply).to.include('ERR_PROTOCOL').and.to.include('"step":1')
  })

  it('puts results into Maps, Sets, instances and errors', async () => {
    const meta = {
      values: {
        '0.m': ['map', { '0.0': [['custom', 'Step']], '0.1': [['custom', 'Step']] }],
        '0.s': ['set', { 0: [['custom', 'Step']] }],
        '0.p': [['class', 'Point'], { x: [['custom', 'Step']] }],
        '0.e': [['custom', 'Error'], { cause: [['custom', 'Step']] }],
      },
      v: 1,
    }
    const value = { m: [[0, 0]], s: [0], p: { x: 0 }, e: { name: 'Error', message: 'e', cause: 0 } }
    expect(
      await steps([
        { name: 'take', args: [5] },
        { name: 'take', args: [value], meta },
      ]),
    ).to.equal(
      `{"id":1,"return_value":{"m":[[5,5]],"s":[5],"p":{"x":5},"e":{"name":"Error","message":"e","stack":"Error: e","cause":5}},"meta":{"values":{"m":["map"],"s":["set"],"p":[["class","Point"]],"e":[["custom","Error"]]},"v":1}}`,
    )
  })

  it('runs a pipeline that is sent again once, and answers again', async () => {
    const request = (options: string) =>
      `{"function_call":{"name":"rpc.pipe","args":[[{"name":"note","args":["a"]},{"name":"note","args":["b"]}],1]}${options},"response_queue":"${inbox}","id":9}`
    await connection.rpush(name, request(''))
    const answer = [inbox, '{"id":9,"return_value":"b"}']
    // While it runs, it would be answered once.
    expect(await connection.blpop(inbox, 10)).to.deep.equal(answer)
    await connection.rpush(name, request(',"options":{"attempt":2}'))
    expect(await connection.blpop(inbox, 10)).to.deep.equal(answer)
    expect(log).to.deep.equal(['a', 'b'])
    await connection.rpush(
      `{${name}}:server:${server.id}`,
      `{"function_call":{"name":"rpc.ask","args":[[9,10]]},"response_queue":"${inbox}","id":10}`,
    )
    // It answers the question, and sends the reply it is asked after once more.
    const texts = [await connection.blpop(inbox, 10), await connection.blpop(inbox, 10)].map((popped) => popped?.[1])
    expect(texts.find((text) => text?.startsWith('{"id":10,'))).to.include('"answered":[9]')
    expect(texts).to.include('{"id":9,"return_value":"b"}')
  })

  it('takes one that comes to its own list as one that comes to the list of the service', async () => {
    await connection.rpush(
      `{${name}}:server:${server.id}`,
      `{"function_call":{"name":"rpc.pipe","args":[[{"name":"note","args":["own"]}],0]},"response_queue":"${inbox}","id":1}`,
    )
    expect(await connection.blpop(inbox, 10)).to.deep.equal([inbox, '{"id":1,"return_value":"own"}'])
    expect(server.stats).to.include({ succeeded: 1 })
  })

  it('answers a classic client too', async () => {
    await connection.rpush(
      name,
      `{"function_call":{"name":"rpc.pipe","args":[[{"name":"note","args":["old"]}],0]},"response_queue":"${name}:rpc:ABCDEFGH"}`,
    )
    expect(await connection.blpop(`${name}:rpc:ABCDEFGH`, 10)).to.deep.equal([
      `${name}:rpc:ABCDEFGH`,
      '{"return_value":"old"}',
    ])
  })

  it('keeps on after thousands of broken ones', async () => {
    for (let round = 0; round < 20; round++) {
      const texts = refused.map(
        ([, args], index) =>
          `{"function_call":{"name":"rpc.pipe","args":${args}},"response_queue":"${inbox}","id":${index + 1}}`,
      )
      await connection.rpush(name, ...texts)
      for (let left = refused.length; left > 0; ) left -= (await connection.lpop(inbox, left))?.length ?? 0
    }
    expect(await steps([note])).to.include('"return_value":"ran"')
    expect(server.stats.running).to.equal(0)
  })
})
