import { isRecord } from '../util/is-object.ts'
import { arePlain } from './plain.ts'
import type { RichText } from './rich.ts'
import { isStep, type NumberOf, type ResultOf, STEP } from './step.ts'

/**
 * The arguments of a step, where each is plain or the result of an earlier step, as nearly all are:
 * a fraction of what a walk costs. Undefined: they are not, and the walk decides.
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

const PLACE = /^(?:0|[1-9]\d*)$/

/**
 * What {@link encodePlainStep} has written, at the far end, for a fraction of what a revival costs.
 * Undefined: it is something else, or does not fit, and the revival decides.
 * @param earlier - how many steps come before.
 */
export function decodePlainStep(
  json: unknown,
  meta: unknown,
  earlier: number,
): ((resultOf: ResultOf) => unknown) | undefined {
  if (!Array.isArray(json) || !isRecord(meta) || meta.v !== 1 || meta.referentialEqualities !== undefined)
    return undefined
  const { values: notes } = meta
  if (!isRecord(notes)) return undefined
  const values: unknown[] = json
  const slots: { readonly at: number; readonly step: number }[] = []
  for (const place in notes) {
    const at = PLACE.test(place) ? Number(place) : -1
    const step = values[at]
    if (!isStepNote(notes[place]) || !Number.isSafeInteger(step)) return undefined
    if ((step as number) < 0 || (step as number) >= earlier) return undefined
    slots.push({ at, step: step as number })
  }
  return (resultOf) => {
    for (const { at, step } of slots) values[at] = resultOf(step)
    return values
  }
}

/** Whether an annotation is `[["custom","Step"]]`. */
function isStepNote(note: unknown): boolean {
  if (!Array.isArray(note) || note.length !== 1) return false
  const kind: unknown = note[0]
  return Array.isArray(kind) && kind.length === 2 && kind[0] === 'custom' && kind[1] === STEP
}
