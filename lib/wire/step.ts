/**
 * Steps of a pipeline, where they meet the wire: among the arguments of a later step one travels as its number, annotated as
 * `["custom", "Step"]`; and a step that failed is named in the reply.
 */

/** The annotation of a step among arguments. */
export const STEP = 'Step'

const steps = new WeakSet<object>()

/** Whether this stands for the result of a step, which nobody has yet. */
export function isStep(value: object): boolean {
  return steps.has(value)
}

/** Makes {@link isStep} know a step. */
export function markStep(step: object): void {
  steps.add(step)
}

/** Gives the number of a step of the pipeline that is being recorded; undefined: it is another's. */
export type NumberOf = (step: object) => number | undefined

/** Gives the result of an earlier step. */
export type ResultOf = (step: number) => unknown

/** Says which step of a pipeline threw something. */
export class StepFailure {
  readonly step: number
  readonly thrown: unknown

  constructor(step: number, thrown: unknown) {
    this.step = step
    this.thrown = thrown
  }
}
