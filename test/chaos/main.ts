/**
 * `npm run chaos`: what becomes of 60 calls when something goes wrong among them. See `docs/delivery.md`. With `--random SEED` random faults
 * follow each other for two minutes instead.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Delivery } from 'redis-object-rpc'
import { isKept, play } from './play.ts'
import { isRandomKept, playRandomly } from './random-faults.ts'
import { scenarios } from './scenarios.ts'
import type { Outcome } from './tally.ts'

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    delivery: { type: 'string' },
    write: { type: 'boolean', default: false },
    random: { type: 'string' },
    seconds: { type: 'string', default: '120' },
  },
})
const PAGE = new URL('../../docs/delivery.md', import.meta.url)
const seconds = (ms: number): string => (ms === 0 ? '–' : `${(ms / 1_000).toFixed(1)} s`)

const deliveries: Delivery[] =
  flags.delivery === undefined ? ['at-most-once', 'at-least-once'] : [flags.delivery as Delivery]
const rows: string[] = []
let broken = 0

function report(name: string, delivery: Delivery, outcome: Outcome, kept: boolean): void {
  const row = [
    name,
    delivery,
    outcome.answered,
    outcome.serverLost,
    [...outcome.others].map(([end, count]) => `${count} ${end}`).join(', ') || '0',
    outcome.doubleRuns,
    seconds(outcome.longestMs),
    seconds(outcome.longestLostMs),
  ]
  rows.push(`| ${row.join(' | ')} |`)
  if (!kept) broken++
  console.log(kept ? 'kept  ' : 'BROKEN', rows.at(-1))
}

for (const delivery of deliveries) {
  if (flags.random !== undefined) {
    const outcome = await playRandomly(Number(flags.random), delivery, Number(flags.seconds) * 1_000)
    report(`random faults, seed ${flags.random}`, delivery, outcome, isRandomKept(delivery, outcome))
    continue
  }
  for (const scenario of scenarios.filter(({ name }) => flags.only === undefined || name.includes(flags.only))) {
    const outcome = await play(scenario, delivery)
    report(scenario.name, delivery, outcome, isKept(scenario, delivery, outcome))
  }
}
if (flags.write) {
  const page = readFileSync(PAGE, 'utf8')
  // Of scenarios that were not played the rows stay.
  const all = [...rows, ...page.split('\n').filter((line) => line.startsWith('| '))]
  const played = (['at-most-once', 'at-least-once'] as const).flatMap((delivery) =>
    scenarios.flatMap(({ name }) => all.find((row) => row.startsWith(`| ${name} | ${delivery} |`)) ?? []),
  )
  const table = [
    '| what happens | delivery | answered | server lost | other errors | run twice | longest answer | longest until lost |',
    '|---|---|---|---|---|---|---|---|',
    ...played,
  ].join('\n')
  writeFileSync(PAGE, page.replace(/(<!-- chaos -->\n)[\s\S]*?(<!-- end of chaos -->)/, `$1${table}\n$2`))
}
console.log(broken === 0 ? 'all kept' : `${broken} broken`)
process.exitCode = broken === 0 ? 0 : 1
