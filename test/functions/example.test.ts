import { expect } from 'chai'
import { runExample } from '../helpers/run-example.ts'

describe('example of functions', function () {
  this.timeout(60_000)

  it('prints what it should and ends well', () => {
    const run = runExample('functions/main.ts')
    expect(run.stderr).to.equal('')
    expect(run.stdout.trim().split('\n')).to.deep.equal([
      'server: listening',
      'client: online are s1',
      "client: count({ item: 'apple' }) = 3",
      "client: take({ item: 'apple', count: 2 }) = 1",
      "client: take({ item: 'pear', count: 5 }) threw RangeError: not enough of pear",
      "client: later: count({ item: 'pear' }) = 1",
      'client: 1000 calls at once, all with one result',
      'server: ended after 1003 calls that succeeded and 1 that failed',
    ])
    expect(run.status).to.equal(0)
  })
})
