import { EventEmitter } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { createContext, runInContext } from 'node:vm'
import { expect } from 'chai'
import { SerializationError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'

const codec = new Codec()

/** Why a value is refused. */
function refusal(value: unknown): string {
  try {
    codec.encode([value], 'args')
  } catch (error) {
    expect(error).to.be.instanceOf(SerializationError).with.property('path', 'args[0]')
    return (error as Error).message.slice('args[0]: '.length)
  }
  throw new Error('it was not refused')
}

const STREAM = ': streams do not travel here; send an array of what it gives, or a part of it with each call'
const ITERATOR = ': iterators do not travel; send an array of what it gives'

function* some(): Generator<number> {
  yield 1
}
async function* later(): AsyncGenerator<number> {
  yield 1
}
class Shop extends EventEmitter {}
class List extends Array {}
class Pages {
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {}
}

describe('the refusal of a value', () => {
  for (const [got, value] of [
    ['an AsyncGenerator', later()],
    ['an AsyncGenerator', runInContext('(async function* () {})()', createContext())],
    ['a Readable', Readable.from([1])],
    ['a Writable', new Writable()],
    ['a PassThrough', new PassThrough()],
    ['a ReadableStream', new ReadableStream()],
    ['a WritableStream', new WritableStream()],
    ['a TransformStream', new TransformStream()],
    ['a ReadableStream', new Blob(['x']).stream()],
  ] as const) {
    it(`says that ${got} is a stream, which does not travel`, () => {
      expect(refusal(value)).to.equal(`${got} cannot be sent${STREAM}`)
    })
  }

  for (const [got, value] of [
    ['a Generator', some()],
    ['an Array Iterator', [1].values()],
    ['a Map Iterator', new Map().entries()],
    ['a Set Iterator', new Set().values()],
    ['a String Iterator', 'x'[Symbol.iterator]()],
    ['a RegExp String Iterator', 'x'.matchAll(/x/g)],
    ['a Generator', runInContext('(function* () {})()', createContext())],
  ] as const) {
    it(`says that ${got} is an iterator, which does not travel`, () => {
      expect(refusal(value)).to.equal(`${got} cannot be sent${ITERATOR}`)
    })
  }

  it('says where to give a signal instead', () => {
    for (const signal of [new AbortController().signal, AbortSignal.timeout(1), AbortSignal.abort()]) {
      expect(refusal(signal)).to.equal(
        'an AbortSignal cannot be sent; give it to the call instead, as its option "signal"',
      )
    }
    expect(refusal(new AbortController())).to.match(/^an AbortController cannot be sent; give its signal to the call/)
  })

  it('never says to name a class that would be refused', () => {
    const listeners = ': the listeners of an EventEmitter stay in their process; send plain data'
    expect(refusal(new EventEmitter())).to.equal(`an instance of EventEmitter cannot be sent${listeners}`)
    expect(refusal(new Shop())).to.equal(`an instance of Shop cannot be sent${listeners}`)
    expect(refusal(new List())).to.equal(
      'an instance of List cannot be sent: the content of an Array is not in its properties; send plain data, or describe the type in the option "types" of both ends',
    )
    for (const value of [new EventTarget(), new Headers(), new Blob([]), new FormData(), new TextEncoder(), new MessageChannel(), new WeakMap(), new URLSearchParams(), Object.create({}), Object.create(Object.create(null))]) // biome-ignore format: one line
      expect(refusal(value)).to.not.match(/"classes"|unnamed/)
  })

  it('says that a class has no name', () => {
    expect(refusal(new (class {})())).to.match(/^an instance of an unnamed class cannot be sent; send plain data/)
  })

  it('says to name a class of the user that may be named, though it is a stream', () => {
    expect(refusal(new Pages())).to.equal(
      'an instance of Pages cannot be sent; send plain data, or name the class in the option "classes" of both ends, or describe it in "types"',
    )
    expect(() => new Codec({ classes: [Pages] }).encode([new Pages()], 'args')).to.not.throw()
  })
})
