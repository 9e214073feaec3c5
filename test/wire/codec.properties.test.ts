import { expect } from 'chai'
import fc from 'fast-check'
import { SuperJSON } from 'superjson'
import { Codec, type RichText } from '../../lib/wire/codec.ts'
import { checkText, parseMessage } from '../../lib/wire/limits.ts'
import { isPlain } from '../../lib/wire/plain.ts'
import { graph, tree } from './graphs.ts'
import { expectSame } from './same.ts'
import { CLASSES } from './vectors.ts'

const codec = new Codec({ classes: CLASSES })

function arrive(encoded: string | RichText): unknown {
  const texts = typeof encoded === 'string' ? { json: encoded, meta: undefined } : encoded
  checkText(`{"return_value":${texts.json},"meta":${texts.meta}}`, codec.limits)
  const meta = texts.meta === undefined ? undefined : parseMessage(texts.meta, codec.limits)
  return codec.decode(parseMessage(texts.json, codec.limits), meta)
}

describe('codec, for any value', () => {
  it('carries graphs with cycles and shared references', () => {
    fc.assert(
      fc.property(graph, (value) => expectSame(arrive(codec.encode(value, 'value')), value)),
      { numRuns: 1_000 },
    )
  })

  it('writes the same text again for what arrived', () => {
    fc.assert(
      fc.property(graph, (value) => {
        const encoded = codec.encode(value, 'value')
        expect(codec.encode(arrive(encoded), 'value')).to.deep.equal(encoded)
      }),
      { numRuns: 300 },
    )
  })

  it('writes plain JSON exactly where that is enough', () => {
    fc.assert(
      fc.property(fc.oneof(tree, graph), (value) => {
        const encoded = codec.encode(value, 'value')
        if (isPlain(value, 500)) expect(encoded).to.equal(JSON.stringify(value))
        if (typeof encoded === 'string') expectSame(JSON.parse(encoded), value)
        expect(typeof encoded === 'string').to.equal(isPlain(value, 500))
      }),
      { numRuns: 1_000 },
    )
  })

  it('writes what superjson decodes, and decodes what superjson writes', () => {
    const peer = new SuperJSON()
    fc.assert(
      fc.property(tree, (value) => {
        const encoded = codec.encode(value, 'value')
        const ours = typeof encoded === 'string' ? { json: encoded } : encoded
        fc.pre(!/"(?:constructor|prototype)":/.test(ours.json)) // superjson refuses these keys
        const theirs = peer.serialize(value as never)
        expect(JSON.parse(ours.json)).to.deep.equal(JSON.parse(JSON.stringify(theirs.json)))
        if (theirs.meta !== undefined)
          expectSame(codec.decode(JSON.parse(JSON.stringify(theirs.json)), theirs.meta), value)
        const parsed = 'meta' in ours ? { meta: JSON.parse(ours.meta) } : {}
        expectSame(peer.deserialize({ json: JSON.parse(ours.json), ...parsed }), value)
      }),
      { numRuns: 500 },
    )
  })
})
