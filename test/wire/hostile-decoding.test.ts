import { expect } from 'chai'
import { ProtocolError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { decodeFailure } from '../../lib/wire/failure.ts'
import { Patience } from '../../lib/wire/patience.ts'
import { CLASSES } from './vectors.ts'

const codec = new Codec({ classes: CLASSES })

describe('decoding', () => {
  it('never calls a method, a getter or a setter of a registered class', () => {
    const called: string[] = []
    class Trap {
      get value(): number {
        called.push('get')
        return 1
      }
      set value(_: number) {
        called.push('set')
      }
      toString(): string {
        called.push('toString')
        return ''
      }
    }
    class TrapError extends Error {
      override get name(): string {
        called.push('name')
        return 'TrapError'
      }
      get code(): string {
        called.push('code')
        return 'E'
      }
      set code(_: string) {
        called.push('set code')
      }
      override toString(): string {
        called.push('toString')
        return ''
      }
    }
    const trapped = new Codec({ classes: [Trap, TrapError] })
    trapped.decode({ value: 5, x: 1 }, { v: 1, values: [['class', 'Trap']] })
    trapped.decode([{ value: {} }, null], {
      v: 1,
      values: { 0: [['class', 'Trap']] },
      referentialEqualities: { '0.value': ['1'] },
    })
    const record = { name: 'TrapError', message: 'm', fields: { code: 'F', toString: 1 } }
    const error = decodeFailure({ exception: 'TrapError: m', error: record }, trapped) as TrapError
    expect(error.stack).to.match(/^TrapError: m\n/)
    expect(error.code).to.equal('F')
    expect(called).to.deep.equal([])
  })

  it('takes a number of steps in proportion to the size, whatever the annotations', () => {
    const many = (n: number, make: (i: number) => unknown): unknown[] => Array.from({ length: n }, (_, i) => make(i))
    const at = (paths: readonly unknown[], note: unknown): object =>
      Object.fromEntries(paths.map((path) => [path, note]))
    const chain = (n: number): string => many(n, () => 'a').join('.')
    const nest = (n: number): unknown => (n === 0 ? null : { a: nest(n - 1) })
    const cases: Record<string, (n: number) => readonly [unknown, unknown]> = {
      'many dates': (n) => [
        many(n, () => '1970-01-01T00:00:00.000Z'),
        {
          values: at(
            many(n, (i) => i),
            ['Date'],
          ),
        },
      ],
      'a large map': (n) => [
        many(n, (i) => [i, ['1']]),
        {
          values: [
            'map',
            at(
              many(n, (i) => `${i}.1`),
              ['set', {}],
            ),
          ],
        },
      ],
      'members of a set': (n) => [
        many(n, () => '1'),
        {
          values: [
            'set',
            at(
              many(n, (i) => i),
              ['bigint'],
            ),
          ],
        },
      ],
      'repeats of one object': (n) => [
        many(n, () => ({})),
        { referentialEqualities: { 0: many(n - 1, (i) => `${Number(i) + 1}`) } },
      ],
      'repeats in a set': (n) => [
        [many(n, () => null), {}],
        { values: { 0: ['set'] }, referentialEqualities: { 1: many(n, (i) => `0.${i}`) } },
      ],
      'repeats in a map': (n) => [
        [many(n, (i) => [i, null]), {}],
        { values: { 0: ['map'] }, referentialEqualities: { 1: many(n, (i) => `0.${i}.1`) } },
      ],
      'a chain of objects': (n) => [
        many(n, () => ({ x: null })),
        {
          referentialEqualities: Object.fromEntries(
            many(n - 1, (i) => [Number(i) + 1, [`${i}.x`]]) as [string, string[]][],
          ),
        },
      ],
      'a deep path': (n) => [nest(n), { values: { [chain(n)]: ['undefined'] } }],
    }
    for (const [name, make] of Object.entries(cases)) {
      const steps = [200, 400].map((n) => {
        const [json, meta] = make(n)
        const size = JSON.stringify([json, meta]).length
        return countSteps(json, { v: 1, ...(meta as object) }) / size
      }) as [number, number]
      expect(steps[1] / steps[0], name).to.be.lessThan(1.2)
      expect(steps[1], name).to.be.lessThan(10)
    }
  })

  it('gives up on numbers chosen to collide in a Map, and on RegExps without end', () => {
    let now = 0
    const patience = new Patience(() => now)
    const fill = (costMs: number): void => patience.each(Array(2_048).fill(0), () => (now += costMs))
    fill(0.0001)
    fill(0.1)
    expect(() => fill(0.1)).to.throw(ProtocolError, 'too long')
    const other = new Patience(() => now)
    other.step(() => (now += 240))
    expect(() => other.step(() => (now += 20))).to.throw(ProtocolError, 'too long')
    // A million honest entries that take ten times as long as they should are let through.
    const slow = new Patience(() => now)
    expect(() => slow.each(Array(1_000_000).fill(0), () => (now += 0.0015))).not.to.throw()
  })
})

/** How often decoding looks at something of what came in. */
function countSteps(json: unknown, meta: unknown): number {
  let steps = 0
  const watch = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    for (const [key, part] of Object.entries(value)) (value as Record<string, unknown>)[key] = watch(part)
    const count = () => {
      steps++
    }
    return new Proxy(value, {
      get: (target, key) => {
        count()
        return Reflect.get(target, key)
      },
      getOwnPropertyDescriptor: (target, key) => {
        count()
        return Reflect.getOwnPropertyDescriptor(target, key)
      },
      set: (target, key, part) => {
        count()
        return Reflect.set(target, key, part)
      },
    })
  }
  codec.decode(watch(json), watch(meta))
  return steps
}
