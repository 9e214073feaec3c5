import { expect } from 'chai'
import { readServerInfo, type ServerInfo } from '../../../lib/rpc/presence/server-info.ts'

const info: ServerInfo = {
  id: 'abcdefghijkl',
  host: 'box',
  pid: 7,
  started: 1_700_000_000_000,
  version: '',
  methods: ['add'],
  repeatable: [],
  shapes: { add: { args: { type: 'array' } } },
  running: 0,
  waiting: 0,
}

describe('an answer to rpc.info', () => {
  it('is read as it was sent, without fields that are not known', () => {
    expect(readServerInfo({ ...info, more: 1 })).to.deep.equal(info)
  })

  it('names no method that may run twice when an older server does not say', () => {
    expect(readServerInfo({ ...info, repeatable: undefined })).to.deep.equal(info)
  })

  for (const value of [undefined, null, 5, 'server', true, [], {}])
    it(`is refused when it is ${JSON.stringify(value)}`, () => {
      expect(readServerInfo(value)).to.equal(undefined)
    })

  for (const [fields, wrongs] of [
    [
      ['id', 'host', 'version'],
      [undefined, null, 7, {}, ['x']],
    ],
    [
      ['pid', 'started', 'running', 'waiting'],
      [undefined, null, '7', {}, 7n, Number.NaN, Number.POSITIVE_INFINITY],
    ],
    [
      ['methods', 'repeatable'],
      [null, 'add', {}, { length: 0 }, [7], ['add', null]],
    ],
  ] as const)
    for (const field of fields)
      it(`is refused when ${field} has another type`, () => {
        for (const wrong of wrongs)
          expect(readServerInfo({ ...info, [field]: wrong }), String(wrong)).to.equal(undefined)
      })

  it('is read without the schemas that are none', () => {
    for (const shapes of [undefined, null, 'x', 5, [{}]])
      expect(readServerInfo({ ...info, shapes })?.shapes).to.deep.equal({})
    const shapes = { add: {}, sub: 5, mul: null, div: [], pow: 'x' }
    expect(readServerInfo({ ...info, shapes })?.shapes).to.deep.equal({ add: {} })
  })

  it('changes no prototype with a schema for __proto__', () => {
    const shapes: unknown = JSON.parse('{"__proto__":{"args":{}}}')
    const read = readServerInfo({ ...info, shapes })?.shapes
    expect(Object.getPrototypeOf(read)).to.equal(Object.prototype)
    expect(read).not.to.have.property('args')
  })
})
