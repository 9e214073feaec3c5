import { expect } from 'chai'
import { Redis } from 'ioredis'
import { blmpop, popWithoutBlmpop } from '../../lib/link/blocking-pop.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'

describeOnEachRedis('a pop that waits', (redis) => {
  let life: Redis
  let list: string
  beforeEach(() => {
    life = new Redis(redis().url, { keyPrefix: 'app:' })
    list = freshName('list')
  })
  afterEach(async () => {
    await life.del(list)
    life.disconnect()
  })

  for (const [how, pop] of [
    ['BLMPOP', blmpop],
    ['the commands of older versions', popWithoutBlmpop],
  ] as const)
    it(`takes up to so many messages from either end of the first list that has some, with ${how}`, async () => {
      const other = freshName('list')
      const take = (end: 'left' | 'right', count: number) => pop(life, [other, list], end, count)
      await life.rpush(list, 'a', 'b', 'c', 'd', 'e', 'f')
      expect(await take('left', 1)).to.deep.equal([`app:${list}`, ['a']])
      expect(await take('right', 1)).to.deep.equal([`app:${list}`, ['f']])
      expect(await take('right', 2)).to.deep.equal([`app:${list}`, ['e', 'd']])
      expect(await take('left', 5)).to.deep.equal([`app:${list}`, ['b', 'c']])
      expect(await take('left', 5), 'after a second').to.equal(null)
    })
})
