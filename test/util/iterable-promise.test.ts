import { inspect } from 'node:util'
import { expect } from 'chai'
import { IterablePromise } from '../../lib/util/iterable-promise.ts'
import { rejection } from '../helpers/pair.ts'

describe('a promise that can be iterated', () => {
  const log: string[] = []
  async function* letters(): AsyncGenerator<string> {
    try {
      yield 'a'
      yield 'b'
    } finally {
      log.push('finally')
    }
  }
  const later = <T>(value: T): IterablePromise<T> => new IterablePromise((resolve) => setImmediate(resolve, value))
  const readAll = async (items: AsyncIterable<unknown>): Promise<unknown[]> => {
    const all: unknown[] = []
    for await (const item of items) all.push(item)
    return all
  }

  beforeEach(() => void log.splice(0))

  it('is iterated as what it resolves with', async () => {
    expect(await readAll(later(letters()))).to.deep.equal(['a', 'b'])
  })

  it('can be awaited first', async () => {
    expect(await readAll(await later(letters()))).to.deep.equal(['a', 'b'])
  })

  it('is a promise like any other', async () => {
    const promise = later(5)
    expect(promise).to.be.an.instanceOf(Promise)
    expect(Promise.resolve(promise)).to.equal(promise)
    expect(promise.then(() => {})).not.to.have.property(Symbol.asyncIterator)
    expect(Object.prototype.toString.call(promise)).to.equal('[object Promise]')
    // While an AsyncLocalStorage is in use, every promise has symbols of Node's.
    expect(inspect(promise)).to.match(/^Promise \{\s*<pending>/)
    expect(Reflect.ownKeys(promise)).to.deep.equal(Reflect.ownKeys(new Promise(() => {})))
    expect(await promise).to.equal(5)
    expect(await Promise.all([promise, promise.finally(() => {})])).to.deep.equal([5, 5])
  })

  it('rejects the loop when it is rejected, or is no stream', async () => {
    const error = new RangeError('no')
    expect(await rejection(readAll(IterablePromise.reject(error) as IterablePromise<never>))).to.equal(error)
    for (const value of [5, null, undefined, 'abc', [1, 2]]) {
      expect(await rejection(readAll(later(value))), String(value)).to.be.an.instanceOf(TypeError)
    }
  })

  it('gives items in order when several are asked for at once', async () => {
    const iterator = later(letters())[Symbol.asyncIterator]()
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next()])
    expect(results.map(({ value }) => value)).to.deep.equal(['a', 'b', undefined])
  })

  it('ends what it iterates when the loop is left', async () => {
    for await (const letter of later(letters())) if (letter === 'a') break
    expect(log).to.deep.equal(['finally'])
  })

  it('passes on return and throw, before the first item too', async () => {
    expect(await later(letters())[Symbol.asyncIterator]().return?.(3)).to.deep.equal({ done: true, value: 3 })
    const error = new RangeError('no')
    const begun = later(letters())[Symbol.asyncIterator]()
    await begun.next()
    expect(await rejection(begun.throw?.(error) as Promise<unknown>)).to.equal(error)
    expect(log).to.deep.equal(['finally'])
    const bare = later({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: 1 }) }) })
    expect(await bare[Symbol.asyncIterator]().return?.(3)).to.deep.equal({ done: true, value: 3 })
    expect(await rejection(bare[Symbol.asyncIterator]().throw?.(error) as Promise<unknown>)).to.equal(error)
  })
})
