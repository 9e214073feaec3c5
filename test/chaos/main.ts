/** `npm run chaos`: what becomes of 60 calls when something goes wrong among them. See `docs/delivery.md`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { control, type Delivery } from 'redis-object-rpc'
import { type Scenario, scenarios } from './scenarios.ts'
import { Stage } from './stage.ts'

const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, delivery: { type: 'string' }, write: { type: 'boolean', default: false } },
})
const PAGE = new URL('../../docs/delivery.md', import.meta.url)
const CALLS = 60
const SPREAD_MS = 3_000

interface Outcome {
  readonly answered: number
  readonly serverLost: number
  readonly others: string
  readonly doubleRuns: number
  readonly longestMs: number
  readonly longestLostMs: number
}

async function play(scenario: Scenario, delivery: Delivery): Promise<Outcome> {
  await using stage = await Stage.set(scenario.servers ?? 2, 1)
  const client = control(stage.clients[0]!).with({ delivery })
  const ends: { end: string; ms: number }[] = []
  const call = async (n: number): Promise<void> => {
    await setTimeout((n * SPREAD_MS) / CALLS)
    const began = performance.now()
    const method = n % 3 === 0 ? 'slow' : 'quick'
    const end = await client[method](`${n}`).then(
      (value) => (value === `${n}` ? 'right' : 'wrong'),
      (error: { code?: string }) => error.code ?? String(error),
    )
    ends.push({ end, ms: performance.now() - began })
  }
  const fault = setTimeout(SPREAD_MS / 2).then(() => scenario.fault(stage))
  await Promise.all([fault, ...Array.from({ length: CALLS }, (_, n) => call(n))])
  const of = (wanted: string): number[] => ends.filter(({ end }) => end === wanted).map(({ ms }) => ms)
  const others = [...new Set(ends.map(({ end }) => end))].filter((end) => end !== 'right' && end !== 'ERR_SERVER_LOST')
  return {
    answered: of('right').length,
    serverLost: of('ERR_SERVER_LOST').length,
    others: others.map((end) => `${of(end).length} ${end}`).join(', '),
    doubleRuns: [...stage.runs().values()].filter((times) => times > 1).length,
    longestMs: Math.max(0, ...of('right')),
    longestLostMs: Math.max(0, ...of('ERR_SERVER_LOST')),
  }
}

/** Whether the outcome is what `docs/delivery.md` promises. */
function isKept(scenario: Scenario, delivery: Delivery, outcome: Outcome): boolean {
  if (delivery === 'at-least-once') return outcome.answered === CALLS
  if (outcome.doubleRuns > 0 || outcome.others !== '') return false
  return scenario.losesServer ? outcome.answered + outcome.serverLost === CALLS : outcome.answered === CALLS
}

const deliveries: Delivery[] =
  flags.delivery === undefined ? ['at-most-once', 'at-least-once'] : [flags.delivery as Delivery]
const rows: string[] = []
let broken = 0
for (const delivery of deliveries) {
  for (const scenario of scenarios.filter(({ name }) => flags.only === undefined || name.includes(flags.only))) {
    const outcome = await play(scenario, delivery)
    const kept = isKept(scenario, delivery, outcome)
    if (!kept) broken++
    const { answered, serverLost, others, doubleRuns, longestMs, longestLostMs } = outcome
    const seconds = (ms: number): string => (ms === 0 ? '–' : `${(ms / 1_000).toFixed(1)} s`)
    const row = [
      scenario.name,
      delivery,
      answered,
      serverLost,
      others === '' ? '0' : others,
      doubleRuns,
      seconds(longestMs),
      seconds(longestLostMs),
    ]
    rows.push(`| ${row.join(' | ')} |`)
    console.log(kept ? 'kept  ' : 'BROKEN', rows.at(-1))
  }
}
if (flags.write) {
  const table = [
    '| what happens | delivery | answered | server lost | other errors | run twice | longest answer | longest until lost |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
  const page = readFileSync(PAGE, 'utf8')
  writeFileSync(PAGE, page.replace(/(<!-- chaos -->\n)[\s\S]*?(<!-- end of chaos -->)/, `$1${table}\n$2`))
}
console.log(broken === 0 ? 'all kept' : `${broken} broken`)
process.exitCode = broken === 0 ? 0 : 1
