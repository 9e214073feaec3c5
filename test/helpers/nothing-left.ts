import { relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'

type Open = ReadonlyMap<string, number>

/** How long what was closed may take to be gone, in ms. */
const GONE_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 10

/** What keeps this process alive, by kind. */
function openResources(): Open {
  const open = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'Immediate') open.set(kind, (open.get(kind) ?? 0) + 1)
  }
  return open
}

/** What is open now and was not before. */
function added(before: Open): string[] {
  return [...openResources()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0)
    return more > 0 ? [`${more} ${kind}`] : []
  })
}

/** What was run, as mocha does not say where a hook of all files failed. */
function filesOf({ test }: Mocha.Context): string {
  return [...new Set(test?.parent?.suites.map(({ file = '' }) => relative('.', file)))].join(', ')
}

let before: Open = new Map()

/**
 * Run by mocha around all tests; in a parallel run, around each file. What tests have opened, they close. Otherwise the process
 * would not end, and those of a parallel run would be killed without a word.
 */
export const mochaHooks = {
  async beforeAll(): Promise<void> {
    await undefined // by then mocha's timer for this hook runs, as below
    before = openResources()
  },

  async afterAll(this: Mocha.Context): Promise<void> {
    await undefined
    const giveUpAt = performance.now() + GONE_WITHIN_MS
    let left = added(before)
    while (left.length > 0) {
      if (performance.now() > giveUpAt) throw new Error(`${filesOf(this)} left open: ${left.join(', ')}`)
      await setTimeout(LOOK_EVERY_MS)
      left = added(before)
    }
  },
}
