import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { InvalidOptionError } from '../../lib/errors.ts'
import { Codec, type ValueClass } from '../../lib/wire/codec.ts'

const ERRORS = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError']

/** Every class that is a property of an object, deprecated modules left out. */
function classesOf(holder: object): [string, ValueClass][] {
  return Object.getOwnPropertyNames(holder)
    .filter((name) => /^[A-Z]/.test(name))
    .map((name) => [name, (holder as Record<string, unknown>)[name]] as [string, ValueClass])
    .filter(([, made]) => typeof made === 'function' && typeof made.prototype === 'object')
}

function refusal(made: ValueClass): string {
  try {
    new Codec({ classes: { 'some/Name': made } })
  } catch (error) {
    if (error instanceof InvalidOptionError) return error.message
    throw error
  }
  return 'accepted'
}

const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: object }

describe('classes of the platform', () => {
  it('are refused, with the advice to describe them: every global one', () => {
    for (const [name, made] of [...classesOf(globalThis), ...classesOf(Intl), ...classesOf(wasm)]) {
      const message = refusal(made)
      if (name === 'Object') expect(message).to.match(/plain objects travel anyway/)
      else if (ERRORS.includes(name) || /Error$/.test(name)) expect(message, name).to.match(/accepted|"types"/)
      else expect(message, name).to.match(/^classes must be .* content is in their properties.* "types" instead/)
    }
  })

  it('are refused, those of modules too', async () => {
    const { EventEmitter } = await import('node:events')
    const { Readable, Transform } = await import('node:stream')
    const { Socket, BlockList } = await import('node:net')
    const { KeyObject, Hash } = await import('node:crypto')
    const { AsyncLocalStorage } = await import('node:async_hooks')
    const { StringDecoder } = await import('node:string_decoder')
    for (const made of [
      EventEmitter,
      Readable,
      Transform,
      Socket,
      BlockList,
      KeyObject,
      Hash as unknown as ValueClass,
      AsyncLocalStorage,
      StringDecoder,
    ]) {
      expect(refusal(made as ValueClass), made.name).to.match(/"types" instead/)
    }
  })

  it('are refused where a class extends one, in any realm', () => {
    const foreign = ['Map', 'Array', 'Uint8Array', 'Promise'].map(
      (name) => runInNewContext(`(class Mine extends ${name} {})`) as ValueClass,
    )
    for (const made of [
      class Dict extends Map {},
      class Heap extends Array {},
      class Moment extends Date {},
      class Bytes extends Uint8Array {},
      class Later extends Promise<void> {},
      class Query extends URLSearchParams {},
      class Picture extends Blob {},
      class Further extends class extends Headers {} {},
      class Stop extends DOMException {},
      class Money extends Intl.NumberFormat {},
      class Callable extends Function {},
      ...foreign,
    ]) {
      expect(refusal(made), made.name).to.match(/content is in their properties, and that of \w+, which it extends/)
    }
  })

  it('say which one it is', () => {
    expect(refusal(URLSearchParams)).to.equal(
      'classes must be classes whose content is in their properties, and that of URLSearchParams is not: ' +
        'describe it in the option "types" instead, got "some/Name"',
    )
  })

  it('are not what only has the name of one, or was made global by the program', () => {
    class Blob {
      size = 0
    }
    class Mine {
      size = 0
    }
    Object.assign(globalThis, { Mine })
    try {
      for (const made of [Blob, Mine, class EventEmitter {}, class Broke extends TypeError {}]) {
        expect(refusal(made)).to.equal('accepted')
      }
    } finally {
      Reflect.deleteProperty(globalThis, 'Mine')
    }
  })
})
