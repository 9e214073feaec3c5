/** `npm run bench`: see `docs/performance.md`. */
import { parseArgs } from 'node:util'
import { type ContenderName, contenders } from './contenders/index.ts'
import { compile } from './harness.ts'
import { type Case, type CaseResult, measure, type Settings } from './measure.ts'
import { table, write } from './report.ts'
import { workloads } from './workload.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '1000' },
    workload: { type: 'string' },
    contenders: { type: 'string' },
    'in-flight': { type: 'string' },
    source: { type: 'boolean', default: false },
    'cpu-prof': { type: 'boolean', default: false },
  },
})

const settings: Settings = {
  rounds: positive('--rounds', flags.rounds),
  ms: positive('--ms', flags.ms),
  runtime: { source: flags.source, cpuProfile: flags['cpu-prof'] },
}
const chosen = named('--workload', flags.workload, Object.fromEntries(workloads.map((each) => [each.name, each])))
const taking = named('--contenders', flags.contenders, contenders)?.map(([name]) => name as ContenderName)
const inFlight = flags['in-flight']?.split(',').map((count) => positive('--in-flight', count))

const cases: Case[] = []
for (const workload of chosen?.map(([, workload]) => workload) ?? workloads) {
  for (const count of (workload.backlog === undefined && inFlight) || workload.inFlight) {
    const able = (taking ?? workload.contenders).filter((name) => count <= (contenders[name].maxInFlight ?? count))
    if (able.length > 0) cases.push({ workload, inFlight: count, contenders: able })
  }
}

if (!flags.source) compile()
const results: CaseResult[] = []
for (const aCase of cases) {
  const result = await measure(aCase, settings)
  console.log(table(result))
  results.push(result)
}
console.log(`${settings.rounds} rounds of ${settings.ms} ms, medians; all figures: ${write(results, settings)}`)

function positive(flag: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new RangeError(`${flag} takes integers above 0, got ${text}`)
}

/** The entries that a list such as `echo,large` names. */
function named<T>(
  flag: string,
  list: string | undefined,
  known: Readonly<Record<string, T>>,
): [string, T][] | undefined {
  return list?.split(',').map((name) => {
    const found = known[name]
    if (found === undefined) throw new RangeError(`${flag} takes ${Object.keys(known).join(', ')}; got ${name}`)
    return [name, found]
  })
}
