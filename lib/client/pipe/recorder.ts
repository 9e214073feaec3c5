import { PipelineError } from '../../errors.ts'
import { isPlainObject } from '../../util/is-object.ts'
import type { RichText } from '../../wire/codec.ts'
import type { Loan } from '../../wire/handle.ts'
import { isStep, type NumberOf, placeOf } from '../../wire/step.ts'
import { StepPlace } from './place.ts'

/** Encodes the arguments of a step. @throws what encoding throws */
export type EncodeArgs = (args: readonly unknown[], numberOf: NumberOf) => string | RichText

const NO_ANNOTATIONS = '{"v":1}'
/** How many steps a server runs. */
const MOST_STEPS = 100

/** Records what a function does with the remote object, as the encoded arguments of `rpc.pipe`. */
export class Recorder {
  readonly #encode: EncodeArgs
  readonly #steps: string[] = []
  /** The loans in the arguments of all steps. */
  readonly #loans: Loan[] = []
  #isOver = false

  constructor(encode: EncodeArgs) {
    this.#encode = encode
  }

  /**
   * Runs a function and records its steps.
   * @throws PipelineError when it returns something other than steps; and whatever it throws
   */
  record(build: (root: object) => unknown): string | RichText {
    try {
      const returned = build(new StepPlace(this, undefined, undefined).face)
      const shape = JSON.stringify(this.#shapeOf(returned))
      const json = `[[${this.#steps.join(',')}],${shape}]`
      // The annotations are in the steps.
      return this.#loans.length === 0 ? json : { json, meta: NO_ANNOTATIONS, loans: this.#loans }
    } catch (error) {
      for (const loan of this.#loans) loan.cancel()
      throw error
    } finally {
      this.#isOver = true
    }
  }

  /**
   * Records a call of a method of a result or of the remote object. Arguments are encoded
   * immediately.
   */
  call(on: number | undefined, name: string, args: readonly unknown[]): number {
    this.#checkOpen()
    const encoded = this.#encode(args, this.#numberOf)
    if (typeof encoded !== 'string' && encoded.loans !== undefined) this.#loans.push(...encoded.loans)
    const call = `"name":${JSON.stringify(name)},"args":`
    return this.#add(
      on,
      typeof encoded === 'string' ? `${call}${encoded}` : `${call}${encoded.json},"meta":${encoded.meta}`,
    )
  }

  /** Records that a property of a result or of the remote object is read. */
  get(on: number | undefined, name: string): number {
    this.#checkOpen()
    return this.#add(on, `"get":${JSON.stringify(name)}`)
  }

  #add(on: number | undefined, step: string): number {
    if (this.#steps.length === MOST_STEPS) throw new PipelineError(`a pipeline has ${MOST_STEPS} steps at most`)
    return this.#steps.push(on === undefined ? `{${step}}` : `{"on":${on},${step}}`) - 1
  }

  readonly #numberOf: NumberOf = (step) => {
    const place = placeOf(step)
    return place instanceof StepPlace && place.recorder === this ? place.number() : undefined
  }

  #checkOpen(): void {
    if (this.#isOver) throw new PipelineError('a step was used after the function given to pipe() had returned')
  }

  #shapeOf(returned: unknown): unknown {
    if (isObjectOrFunction(returned) && isStep(returned)) return this.#returned(returned)
    if (returned instanceof Promise) {
      // Its further steps are too late to be recorded, and its error does not matter.
      returned.catch(() => {})
      throw new PipelineError(
        'the function given to pipe() must not be async: it only records steps, await pipe() itself',
      )
    }
    if (Array.isArray(returned) && returned.length > 0) return Array.from(returned, (step) => this.#returned(step))
    if (isPlainObject(returned)) {
      const steps = Object.entries(returned).map(([name, step]): [string, number] => [name, this.#returned(step)])
      if (steps.length > 0 && !Object.hasOwn(returned, '__proto__')) return Object.fromEntries(steps)
    }
    throw new PipelineError(`the function given to pipe() must return ${STEPS}`)
  }

  #returned(step: unknown): number {
    const number = isObjectOrFunction(step) && isStep(step) ? this.#numberOf(step) : undefined
    if (number !== undefined) return number
    const what = isObjectOrFunction(step) && isStep(step) ? 'a step of another pipeline' : 'what is no step'
    throw new PipelineError(`the function given to pipe() returned ${what}; it must return ${STEPS}`)
  }
}

const STEPS = 'a step, or an array or a plain object of steps'

function isObjectOrFunction(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
