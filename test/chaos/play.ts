import { setTimeout } from 'node:timers/promises'
import { control, type Delivery } from 'redis-object-rpc'
import type { Scenario } from './scenario.ts'
import { Stage } from './stage.ts'
import { type Outcome, Tally } from './tally.ts'

const CALLS = 60
const SPREAD_MS = 3_000

/** Makes 60 calls in 3 s, every third of which takes 400 ms; the fault comes in the middle. */
export async function play(scenario: Scenario, delivery: Delivery): Promise<Outcome> {
  await using stage = await Stage.set(scenario.servers ?? 2, 1, await scenario.backend?.())
  const client = control(stage.clients[0]!).with({ delivery })
  const tally = new Tally()
  const call = async (n: number): Promise<void> => {
    await setTimeout((n * SPREAD_MS) / CALLS)
    await tally.count(client[n % 3 === 0 ? 'slow' : 'quick'](`${n}`), `${n}`)
  }
  const fault = setTimeout(SPREAD_MS / 2).then(() => scenario.fault(stage, tally, client))
  await Promise.all([fault, ...Array.from({ length: CALLS }, (_, n) => call(n))])
  return tally.outcome(stage)
}

/** Whether the outcome is what `docs/delivery.md` promises. */
export function isKept(scenario: Scenario, delivery: Delivery, outcome: Outcome): boolean {
  const { calls, answered, serverLost, others, doubleRuns } = outcome
  const mayEnd = new Set(scenario.mayEnd)
  const allowed = [...others].reduce((sum, [end, count]) => sum + (mayEnd.has(end) ? count : 0), answered)
  if (delivery === 'at-least-once') return allowed === calls
  return doubleRuns === 0 && allowed + (scenario.losesServer ? serverLost : 0) === calls
}
