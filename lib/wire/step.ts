/**
 * Steps of a pipeline, where they meet the wire: among the arguments of a later step one travels as
 * its number, annotated as `["custom", "Step"]`; and a step that failed is named in the reply.
 */
import { isProxy } from 'node:util/types'

/** The annotation of a step among arguments. */
export const STEP = 'Step'

/**
 * A step answers this name with what it is to who records it. A WeakMap of all steps would say the
 * same, at the cost of more than all else that a step does: the collector visits its entries one by
 * one.
 */
export const PLACE: unique symbol = Symbol('place')

/** What a step is to who records it; undefined: the value is not a step. */
export function placeOf(value: object): unknown {
  return typeof value === 'function' && isProxy(value) ? (value as { readonly [PLACE]?: unknown })[PLACE] : undefined
}

/** Whether this is a placeholder for the result of a step. */
export function isStep(value: object): boolean {
  return placeOf(value) !== undefined
}

/** Gives the number of a step of the pipeline that is being recorded; undefined: it is another's. */
export type NumberOf = (step: object) => number | undefined

/** Gives the result of an earlier step. */
export type ResultOf = (step: number) => unknown

/** Says which step of a pipeline threw something. */
export class StepFailure {
  readonly step: number
  readonly #thrown: unknown

  constructor(step: number, thrown: unknown) {
    this.step = step
    this.#thrown = thrown
  }

  get thrown(): unknown {
    return this.#thrown
  }

  /** Whether something is one. `instanceof` itself would throw for a proxy that was revoked. */
  static is(value: unknown): value is StepFailure {
    return typeof value === 'object' && value !== null && #thrown in value
  }
}
