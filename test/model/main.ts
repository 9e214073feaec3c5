/**
 * The whole check, which takes minutes: `npm run model`. It also drops each rule, to see that a call runs twice then. With the
 * name of a rule it drops that one only, and prints what breaks: `npm run model -- witness`.
 */
import { checks, rulesNeeded, run, withoutRule } from './checks.ts'
import { ALL_RULES, type Rules } from './rules.ts'

const dropped = process.argv.slice(2)
const unknown = dropped.find((name) => !(name in ALL_RULES))
if (unknown !== undefined) throw new Error(`${unknown} is no rule; there are ${Object.keys(ALL_RULES).join(', ')}`)

if (dropped.length === 0) {
  for (const name of rulesNeeded.all) {
    const isNeeded = run(withoutRule(name)).counterexample !== undefined
    console.log(`without ${name}: ${isNeeded ? 'a call runs twice' : 'still holds'}`)
    if (!isNeeded) process.exitCode = 1
  }
}
const chosen = dropped.length > 0 ? dropped.map((name) => withoutRule(name as keyof Rules)) : checks.all
for (const check of chosen) {
  const { states, steps, counterexample, stuck, isComplete } = run(check)
  const result = counterexample
    ? 'a counterexample'
    : stuck
      ? 'a call without an end'
      : isComplete
        ? 'holds'
        : 'not finished'
  console.log(`${check.title}: ${result}; ${states} states, ${steps} steps`)
  for (const [i, text] of (counterexample ?? stuck ?? []).entries()) console.log(`  ${i + 1}. ${text}`)
  if (dropped.length === 0 && result !== 'holds') process.exitCode = 1
}
