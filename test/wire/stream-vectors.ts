/** Streams on the wire: `docs/protocol.md` shows these, and tests run from them at both ends. */
export interface StreamVector {
  readonly source: string
  readonly make: () => AsyncGenerator<unknown, unknown>
  readonly name: 'rpc.next' | 'rpc.return'
  readonly args: string
  /** `return_value` of the reply. */
  readonly reply: string
  /** What the reader makes of it. */
  readonly items: readonly unknown[]
  /** What the generator returned; undefined: it has not ended, or returned nothing. */
  readonly value?: unknown
}

async function* numbers(): AsyncGenerator<number> {
  try {
    yield 1
    yield 2
    yield 3
  } finally {
    // It holds nothing.
  }
}

const FIRST = '[0,10000,131072,10000]'

export const STREAMS: readonly StreamVector[] = [
  {
    source: 'yield 1; yield 2; yield 3',
    make: numbers,
    name: 'rpc.next',
    args: FIRST,
    reply: '{"items":[1,2,3],"done":true}',
    items: [1, 2, 3],
  },
  {
    source: 'yield 1; yield 2; yield 3',
    make: numbers,
    name: 'rpc.next',
    args: '[0,2,131072,10000]',
    reply: '{"items":[1,2]}',
    items: [1, 2],
  },
  {
    source: 'yield "abc"; yield "defgh"',
    make: async function* () {
      yield 'abc'
      yield 'defgh'
    },
    name: 'rpc.next',
    args: '[0,10000,10,10000]',
    reply: '{"items":["abc"]}',
    items: ['abc'],
  },
  {
    source: 'yield new Date(0); yield { n: 2 }; yield undefined; return 3n',
    make: async function* () {
      yield new Date(0)
      yield { n: 2 }
      yield undefined
      return 3n
    },
    name: 'rpc.next',
    args: FIRST,
    reply:
      '{"items":["1970-01-01T00:00:00.000Z",{"n":2},null],"metas":{"0":{"values":["Date"],"v":1},"2":{"values":["undefined"],"v":1}},"done":true,"value":"3","meta":{"values":["bigint"],"v":1}}',
    items: [new Date(0), { n: 2 }, undefined],
    value: 3n,
  },
  {
    source: 'yield new Uint8Array([1, 2]); return "end"',
    make: async function* () {
      yield new Uint8Array([1, 2])
      return 'end'
    },
    name: 'rpc.next',
    args: FIRST,
    reply: '{"items":["AQI="],"metas":{"0":{"values":[["custom","Uint8Array"]],"v":1}},"done":true,"value":"end"}',
    items: [new Uint8Array([1, 2])],
    value: 'end',
  },
  {
    source: 'nothing, until waitMs is over',
    make: async function* () {
      yield await new Promise<never>(() => {})
    },
    name: 'rpc.next',
    args: '[0,10000,131072,0]',
    reply: '{"items":[]}',
    items: [],
  },
  {
    source: 'yield 1; yield 2; yield 3',
    make: numbers,
    name: 'rpc.return',
    args: '["return"]',
    reply: '{"done":true}',
    items: [],
  },
  {
    source: 'yield 1; yield 2; yield 3',
    make: numbers,
    name: 'rpc.return',
    args: '["return",5]',
    reply: '{"done":true,"value":5}',
    items: [],
    value: 5,
  },
]
