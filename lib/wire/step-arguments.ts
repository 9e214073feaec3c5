import { arePlain } from './plain.ts'
import type { RichText } from './rich.ts'
import { isStep, type NumberOf, STEP } from './step.ts'

/**
 * The arguments of a step, where each is plain or the result of an earlier step, as nearly all are: a fraction of what a walk costs.
 * Undefined: they are not, and the walk decides.
 */
export function encodePlainStep(
  values: readonly unknown[],
  numberOf: NumberOf,
  maxDepth: number,
): string | RichText | undefined {
  const json: unknown[] = []
  let notes = ''
  for (const value of values) {
    if (typeof value === 'function' && isStep(value)) {
      if (notes !== '') notes += ','
      notes += `"${json.length}":[["custom","${STEP}"]]`
      json.push(numberOf(value))
    } else {
      json.push(value)
    }
  }
  if (!arePlain(json, maxDepth)) return undefined
  const text = JSON.stringify(json)
  return notes === '' ? text : { json: text, meta: `{"values":{${notes}},"v":1}` }
}
