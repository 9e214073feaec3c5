import { expect } from 'chai'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { fuzz } from './fuzz.ts'

describeOnEachRedis('forged messages', (redis) => {
  it('settle no honest call, and are counted', async () => {
    const { wrong, pending, serverJunk, clientJunk, met } = await fuzz(redis().url, 3_000, 1)
    expect(wrong).to.deep.equal([])
    expect(pending).to.equal(0)
    expect(serverJunk).to.be.greaterThan(0)
    expect(clientJunk).to.be.greaterThan(0)
    expect(met).to.be.within(0, 1_000)
  })
})
