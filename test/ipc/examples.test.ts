import { expect } from 'chai'
import { runExample } from '../helpers/run-example.ts'

/** What each example prints. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'task-queue': [
    'worker 1: cat.png, attempt 1',
    'worker 1: dog.png, attempt 1',
    'main: worker 1 is killed',
    'worker 2: dog.png, attempt 2',
    'worker 2: notes.txt, attempt 1',
    'worker 2: notes.txt, attempt 2',
    'main: a dead letter after 2 attempts: Error: notes.txt is no image',
    'main: 0 tasks are left',
  ],
  cache: [
    'get: undefined',
    'loading user 17',
    'getOrSet: Ada,Ada,Ada',
    'bGet: Bob',
    'exists: true',
    'exists after its time: false',
    'delete: true',
  ],
  'event-stream': [
    'from now on: tea 260',
    'from now on: milk 120',
    'there are 3, the last is milk',
    'from the beginning: tea 250',
    'from the beginning: tea 260',
    'from the beginning: milk 120',
    'billing: tea 250, attempt 1',
    'billing: tea 260, attempt 1',
    'billing: milk 120, attempt 1',
    'billing: milk 120, attempt 2',
  ],
}

describe('examples of shared structures', function () {
  this.timeout(60_000)
  for (const [folder, lines] of Object.entries(EXAMPLES)) {
    it(`${folder} prints what it should and ends well`, () => {
      const run = runExample(`${folder}/main.ts`)
      expect(run.stderr).to.equal('')
      expect(run.stdout.trim().split('\n')).to.deep.equal(lines)
      expect(run.status).to.equal(0)
    })
  }
})
