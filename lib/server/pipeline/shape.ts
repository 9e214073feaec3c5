import { ProtocolError } from '../../errors.ts'
import type { ResultOf } from '../../wire/step.ts'

/** How many results a pipeline may return. */
const MOST_RESULTS = 1_000

/**
 * Reads the description of what a pipeline returns: the number of a step, or an array or an object
 * of such numbers.
 * @returns a function that builds the same shape from the results
 * @throws ProtocolError
 */
export function readShape(json: unknown, steps: number): (resultOf: ResultOf) => unknown {
  if (typeof json !== 'object' || json === null) {
    const step = readStep(json, steps)
    return (resultOf) => resultOf(step)
  }
  const entries = Object.entries(json)
  if (entries.length > MOST_RESULTS) throw new ProtocolError(`a pipeline returns more than ${MOST_RESULTS} results`)
  const named = entries.map(([name, step]): [string, number] => [name, readStep(step, steps)])
  if (Array.isArray(json)) return (resultOf) => named.map(([, step]) => resultOf(step))
  return (resultOf) => Object.fromEntries(named.map(([name, step]) => [name, resultOf(step)]))
}

function readStep(json: unknown, steps: number): number {
  if (Number.isSafeInteger(json) && (json as number) >= 0 && (json as number) < steps) return json as number
  throw new ProtocolError('a pipeline returns something other than results of its steps')
}
