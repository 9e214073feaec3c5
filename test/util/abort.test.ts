import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { type AbortListener, offAbort, onAbort } from '../../lib/util/abort.ts'

describe('listening to an AbortSignal', () => {
  const note = (told: string[], name: string): AbortListener => ({ aborted: () => void told.push(name) })
  const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

  it('is one listener for any number, and none once nobody listens', () => {
    const { signal } = new AbortController()
    const many = Array.from({ length: 100 }, () => note([], ''))
    for (const each of many) onAbort(signal, each)
    expect(listeners(signal)).to.equal(1)
    for (const each of many) offAbort(signal, each)
    expect(listeners(signal)).to.equal(0)
    for (const each of many) offAbort(signal, each)
    onAbort(signal, many[0]!)
    expect(listeners(signal)).to.equal(1)
  })

  it('tells each once, in the order they came, and leaves no listener behind', () => {
    const controller = new AbortController()
    const told: string[] = []
    for (const name of ['a', 'b']) onAbort(controller.signal, note(told, name))
    controller.abort()
    controller.abort()
    expect(told).to.deep.equal(['a', 'b'])
    expect(listeners(controller.signal)).to.equal(0)
  })

  it('does not tell one that another one has removed meanwhile', () => {
    const controller = new AbortController()
    const { signal } = controller
    const told: string[] = []
    const second = note(told, 'second')
    onAbort(signal, { aborted: () => offAbort(signal, second) })
    onAbort(signal, second)
    controller.abort()
    expect(told).to.deep.equal([])
  })
})
