import { expect } from 'chai'
import { onSignals } from '../../lib/functions/signals.ts'

describe('signals of the process', () => {
  const SIGNAL = 'SIGUSR2'
  const listeners = () => process.listenerCount(SIGNAL)

  it('reach any number of servers through one listener, and each only once', () => {
    const before = listeners()
    const told: number[] = []
    for (let i = 0; i < 20; i++) onSignals([SIGNAL], () => void told.push(i))
    expect(listeners()).to.equal(before + 1)
    process.emit(SIGNAL, SIGNAL)
    expect(told).to.deep.equal(Array.from({ length: 20 }, (_, i) => i))
    expect(listeners(), 'the second signal has its usual effect').to.equal(before)
  })

  it('are no longer heard once nobody waits for them', () => {
    const before = listeners()
    const told: string[] = []
    const stopFirst = onSignals([SIGNAL], () => void told.push('first'))
    const stopSecond = onSignals([SIGNAL], () => {
      told.push('second')
      stopThird()
    })
    const stopThird = onSignals([SIGNAL], () => void told.push('third'))
    stopFirst()
    expect(listeners()).to.equal(before + 1)
    process.emit(SIGNAL, SIGNAL)
    stopSecond()
    expect([told, listeners()]).to.deep.equal([['second'], before])
  })
})
