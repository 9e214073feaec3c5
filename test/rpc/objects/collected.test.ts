import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { bundled } from '../../helpers/bundled.ts'

const SCRIPT = new URL('../../helpers/collect-objects.ts', import.meta.url)
const COUNT = 3_000

describe('what is lent and borrowed, when nobody holds it any more', () => {
  it('is given back by the garbage collector, and both tables are empty', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', bundled(SCRIPT), String(COUNT)])
    expect(JSON.parse(stdout)).to.deep.equal({ client: [0, 0], server: [0, 0], calls: 2 * COUNT })
  })
})
