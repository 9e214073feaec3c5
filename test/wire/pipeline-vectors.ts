import type { Pipeline } from 'redis-object-rpc'

/** Pipelines on the wire: `docs/protocol.md` shows these, and tests run from them at both ends. */

/** What the vectors are run on. */
export const far = {
  user: (id: number): { id: number; name: string; tags: string[] } => ({ id, name: 'ann', tags: ['a', 'b'] }),
  ordersOf: async (id: number): Promise<number[]> => [id * 10, id * 10 + 1],
  mail: (mail: { to: string; about: readonly unknown[] }): string => `${mail.to}: ${mail.about.length}`,
  fail: (): never => {
    throw new RangeError('no')
  },
}

export interface PipelineVector {
  /** What the function given to `pipe` returns. */
  readonly source: string
  readonly build: (c: Pipeline<typeof far>) => unknown
  /** `function_call.args`. */
  readonly args: string
  /** The reply, without its `id`. */
  readonly reply: string
}

export const PIPELINES: readonly PipelineVector[] = [
  {
    source: 'c.user(7)',
    build: (c) => c.user(7),
    args: '[[{"name":"user","args":[7]}],0]',
    reply: '"return_value":{"id":7,"name":"ann","tags":["a","b"]}',
  },
  {
    source: 'c.user(7).name',
    build: (c) => c.user(7).name,
    args: '[[{"name":"user","args":[7]},{"on":0,"get":"name"}],1]',
    reply: '"return_value":"ann"',
  },
  {
    source: 'c.user(7).tags[1]',
    build: (c) => c.user(7).tags[1]!,
    args: '[[{"name":"user","args":[7]},{"on":0,"get":"tags"},{"on":1,"get":"1"}],2]',
    reply: '"return_value":"b"',
  },
  {
    source: 'c.ordersOf(c.user(7).id)',
    build: (c) => c.ordersOf(c.user(7).id),
    args: '[[{"name":"user","args":[7]},{"on":0,"get":"id"},{"name":"ordersOf","args":[1],"meta":{"values":{"0":[["custom","Step"]]},"v":1}}],2]',
    reply: '"return_value":[70,71]',
  },
  {
    source: 'const u = c.user(7); return [u.name, c.mail({ to: u.name, about: [u, 1n] })]',
    build: (c) => {
      const u = c.user(7)
      return [u.name, c.mail({ to: u.name, about: [u, 1n] })]
    },
    args: '[[{"name":"user","args":[7]},{"on":0,"get":"name"},{"name":"mail","args":[{"to":1,"about":[0,"1"]}],"meta":{"values":{"0.to":[["custom","Step"]],"0.about.0":[["custom","Step"]],"0.about.1":["bigint"]},"v":1}}],[1,2]]',
    reply: '"return_value":["ann","ann: 2"]',
  },
  {
    source: '({ user: c.user(7), orders: c.ordersOf(8) })',
    build: (c) => ({ user: c.user(7), orders: c.ordersOf(8) }),
    args: '[[{"name":"user","args":[7]},{"name":"ordersOf","args":[8]}],{"user":0,"orders":1}]',
    reply: '"return_value":{"user":{"id":7,"name":"ann","tags":["a","b"]},"orders":[80,81]}',
  },
  {
    source: 'c.ordersOf(c.fail())',
    build: (c) => c.ordersOf(c.fail()),
    args: '[[{"name":"fail","args":[]},{"name":"ordersOf","args":[0],"meta":{"values":{"0":[["custom","Step"]]},"v":1}}],1]',
    reply: '"step":0,"exception":"RangeError: no","error":{"name":"RangeError","message":"no"}',
  },
]
