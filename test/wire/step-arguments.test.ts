import { expect } from 'chai'
import { ProtocolError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { decodePlainStep } from '../../lib/wire/step-arguments.ts'

const STEP = [['custom', 'Step']]
const resultOf = (step: number): unknown => `result ${step}`

describe('arguments of a step that are plain or results of earlier steps', () => {
  it('are decoded as the revival decodes them', () => {
    const cases: readonly (readonly [json: unknown[], values: Record<string, unknown>])[] = [
      [[0], { 0: STEP }],
      [['a', 1, { b: [2] }, 0], { 1: STEP, 3: STEP }],
      [['a'], {}],
      [[[0]], { '0.0': STEP }],
      [[{ deep: 1 }], { '0.deep': STEP }],
      [[1, '5'], { 0: STEP, 1: ['bigint'] }],
    ]
    for (const [json, values] of cases) {
      const meta = { values, v: 1 }
      const fast = decodePlainStep(structuredClone(json), meta, 2)
      // Beside an equality that says nothing the revival does the work.
      const decode = new Codec().stepDecoder()
      const revived = decode(structuredClone(json), { ...meta, referentialEqualities: {} }, 'args', 2)(resultOf)
      expect(decode(structuredClone(json), meta, 'args', 2)(resultOf)).to.deep.equal(revived)
      if (fast !== undefined) expect(fast(resultOf)).to.deep.equal(revived)
    }
    expect(decodePlainStep(['a', 1], { values: { 1: STEP }, v: 1 }, 2)).to.be.a('function')
  })

  it('are an array: all of them together are not the result of a step', () => {
    const decode = new Codec().stepDecoder()
    expect(() => decode(0, { values: STEP, v: 1 }, 'args', 1)).to.throw(ProtocolError, 'meta is malformed')
  })

  it('are left to the revival where anything does not fit', () => {
    const misfits: readonly (readonly [json: unknown, meta: unknown])[] = [
      [[0], { values: { 0: STEP }, v: 2 }],
      [[0], { values: { 0: STEP } }],
      [[0], { values: [STEP], v: 1 }],
      [[0], { values: STEP, v: 1 }],
      [[0], { v: 1 }],
      [[0], null],
      [{ 0: 0 }, { values: { 0: STEP }, v: 1 }],
      [[2], { values: { 0: STEP }, v: 1 }],
      [[-1], { values: { 0: STEP }, v: 1 }],
      [[0.5], { values: { 0: STEP }, v: 1 }],
      [['0'], { values: { 0: STEP }, v: 1 }],
      [[0], { values: { 1: STEP }, v: 1 }],
      [[0], { values: { '00': STEP }, v: 1 }],
      [[0], { values: { length: STEP }, v: 1 }],
      [[0], { values: { '': STEP }, v: 1 }],
      [[0], { values: { 0: [['custom', 'Function']] }, v: 1 }],
      [[0], { values: { 0: [['custom', 'Step'], {}] }, v: 1 }],
      [[0], { values: { 0: [['custom', 'Step', 1]] }, v: 1 }],
      [[0], { values: { 0: ['custom', 'Step'] }, v: 1 }],
    ]
    for (const [json, meta] of misfits)
      expect(decodePlainStep(json, meta, 2), JSON.stringify([json, meta])).to.equal(undefined)
  })
})
