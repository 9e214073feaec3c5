import { expect } from 'chai'
import { MessageTooLargeError, SerializationError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import type { LentHandle, ObjectExchange } from '../../lib/wire/handle.ts'
import { DEFAULT_LIMITS } from '../../lib/wire/limits.ts'
import { replyText } from '../../lib/wire/reply.ts'

const address = { list: 'calc:rpc:V1StGXR8_Z5j', id: 17 }

/** Lends functions, and says which of them were taken back. */
class Exchange implements ObjectExchange {
  readonly cancelled: number[] = []
  #lent = 0

  lend(value: object): LentHandle | undefined {
    if (typeof value !== 'function') return undefined
    const id = ++this.#lent
    const loan = { settle: () => {}, cancel: () => void this.cancelled.push(id) }
    return { kind: 'Function', handle: { at: 'calc', id, loan: 1 }, loan }
  }

  borrow(): object {
    throw new Error('nothing comes in here')
  }

  together<T>(decode: () => T): T {
    return decode()
  }

  decline(): void {}
}

describe('what a message lends', () => {
  it('is taken back when another part of the message is refused', () => {
    const objects = new Exchange()
    const codec = new Codec({ objects })
    const value = [() => 1, () => 2, Symbol('s')]
    expect(() => replyText(address, value, codec)).to.throw(SerializationError)
    expect(objects.cancelled).to.deep.equal([1, 2])
  })

  it('is taken back when the message turns out to be too long', () => {
    const objects = new Exchange()
    const codec = new Codec({ objects, limits: { ...DEFAULT_LIMITS, maxMessageBytes: 1_000 } })
    // As many characters as a message may have bytes, and three times as many bytes.
    expect(() => replyText(address, [() => 1, '€'.repeat(800)], codec)).to.throw(MessageTooLargeError)
    expect(objects.cancelled).to.deep.equal([1])
  })

  it('stays lent with a message that is sent', () => {
    const objects = new Exchange()
    replyText(address, [() => 1], new Codec({ objects }))
    expect(objects.cancelled).to.deep.equal([])
  })

  it('is no plain object whose symbol marks something else', () => {
    const codec = new Codec({ objects: new Exchange() })
    expect(() => replyText(address, { a: { [Symbol('mark')]: 1 } }, codec)).to.throw(
      SerializationError,
      'return_value.a: has a symbol for a key, Symbol(mark), which cannot be sent',
    )
    const hidden = Object.defineProperty({ n: 1n }, Symbol('mark'), { value: 1, enumerable: false })
    expect(replyText(address, hidden, codec)).to.match(/^\{"id":17,"return_value":\{"n":"1"\},/)
  })
})
