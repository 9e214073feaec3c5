import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { RedisLife } from '../../lib/link/source.ts'
import { TakeBack } from '../../lib/link/take-back.ts'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import { until } from '../helpers/until.ts'

describe('taking messages back', () => {
  let asked: { text: string; answer: Deferred<number> }[]
  let redis: RedisLife | undefined
  let takeBack: TakeBack
  let watched: number
  beforeEach(() => {
    asked = []
    const lrem = (_list: string, _count: number, text: string): Promise<number> => {
      const answer = deferred<number>()
      asked.push({ text, answer })
      return answer.promise
    }
    redis = { lrem } as unknown as RedisLife
    watched = 0
    const connection = {
      get ready() {
        return redis
      },
      watch: <T>(answer: Promise<T>): Promise<T> => {
        watched++
        return answer
      },
    }
    takeBack = new TakeBack(connection)
  })
  const texts = (): string[] => asked.map(({ text }) => text)

  it('asks for a few at a time, in order, and tells which were still there', async () => {
    const removed: string[] = []
    for (let n = 0; n < 20; n++) takeBack.add('list', `${n}`, () => void removed.push(`${n}`))
    expect(texts()).to.deep.equal(['0', '1', '2', '3', '4', '5', '6', '7'])
    let isDrained = false
    void takeBack.drained().then(() => {
      isDrained = true
    })
    for (let n = 0; n < 20; n++) {
      await until(() => asked.length > n)
      expect(isDrained).to.equal(false)
      if (n === 3) asked[n]!.answer.reject(new Error('no permission'))
      else asked[n]!.answer.resolve(n % 2)
    }
    await until(() => isDrained)
    expect(texts()).to.deep.equal(Array.from({ length: 20 }, (_, n) => `${n}`))
    expect(watched, 'each is watched over').to.equal(20)
    expect(removed).to.deep.equal(['1', '5', '7', '9', '11', '13', '15', '17', '19'])
  })

  it('asks for nothing more once it is closed', async () => {
    for (let n = 0; n < 20; n++) takeBack.add('list', `${n}`)
    takeBack.close()
    asked[0]!.answer.resolve(1)
    await setImmediate()
    takeBack.add('list', 'later')
    expect(asked.length).to.equal(8)
  })

  it('lets nobody wait for it once it is closed', async () => {
    takeBack.add('list', 'never answered')
    const drained = takeBack.drained()
    takeBack.close()
    await drained
  })

  it('leaves there what a lost connection prevents', async () => {
    for (let n = 0; n < 9; n++) takeBack.add('list', `${n}`)
    redis = undefined
    for (const { answer } of asked) answer.resolve(1)
    await takeBack.drained()
    takeBack.add('list', 'later')
    await takeBack.drained()
    expect(asked.length).to.equal(8)
  })
})
