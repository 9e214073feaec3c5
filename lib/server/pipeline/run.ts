import { ProtocolError } from '../../errors.ts'
import type { ExposedMethod } from '../../expose/look-up.ts'
import type { LentObject } from '../../rpc/objects/lent-object.ts'
import type { ServedContext } from '../../rpc/serving/call-context.ts'
import { isThenable } from '../../util/running.ts'
import type { Request } from '../../wire/message.ts'
import { readPropertyAnswer } from '../../wire/property-answer.ts'
import { GET, RESERVED_PREFIX } from '../../wire/reserved.ts'
import { type ResultOf, StepFailure } from '../../wire/step.ts'
import { findMethod, OUT_OF_REACH, readProperty, shownKind } from './reach.ts'
import { readShape } from './shape.ts'
import { type CallTargets, type CheckedStep, readSteps, unreachable } from './steps.ts'

/**
 * Reads a pipeline. If this throws, nothing has run.
 * @returns a function that runs the steps one after another, each with the results of earlier
 * steps. No step begins after one has failed or the call was aborted. Synchronous steps run
 * without interruption.
 * @throws ProtocolError, MethodNotFoundError
 */
export function preparePipeline(request: Request, targets: CallTargets): (context?: ServedContext) => Promise<unknown> {
  const [json, shape] = request.args
  if (request.args.length !== 2) throw new ProtocolError('a pipeline does not have two arguments')
  const steps = targets.objects.decodeWith(request, (from) => readSteps(json, targets, from))
  const pipeline = new PipelineRun(targets, steps, readShape(shape, steps.length))
  return (context) => pipeline.run(context)
}

class PipelineRun {
  readonly #targets: CallTargets
  readonly #steps: readonly CheckedStep[]
  readonly #shape: (resultOf: ResultOf) => unknown
  readonly #results: unknown[] = []

  constructor(targets: CallTargets, steps: readonly CheckedStep[], shape: (resultOf: ResultOf) => unknown) {
    this.#targets = targets
    this.#steps = steps
    this.#shape = shape
  }

  async run(context: ServedContext | undefined): Promise<unknown> {
    for (const [index, step] of this.#steps.entries()) {
      context?.throwIfStopped()
      try {
        let result = this.#begin(step, context)
        if (isThenable(result)) result = await result
        for (const name of step.path) {
          result = this.#read(result, name, context)
          if (isThenable(result)) result = await result
        }
        if (step.method !== undefined) result = this.#methodOf(result, step.method, context)(step.args(this.#resultOf))
        this.#results.push(isThenable(result) ? await result : result)
      } catch (thrown) {
        throw new StepFailure(index, thrown)
      }
    }
    return this.#shape(this.#resultOf)
  }

  readonly #resultOf = (step: number): unknown => this.#results[step]

  #begin({ from, args }: CheckedStep, context: ServedContext | undefined): unknown {
    if ('step' in from) return this.#resultOf(from.step)
    if ('method' in from) return this.#run(from.name, args(this.#resultOf), from.method, context)
    const { property } = from
    const get: ExposedMethod = (given) => this.#targets.methods.get(GET)?.(given)
    return this.#propertyIn(this.#run(GET, [property], get, context), property)
  }

  /** Runs a step that is a call, as opposed to a step on a plain result. */
  #run(
    name: string,
    args: readonly unknown[],
    run: ExposedMethod,
    context: ServedContext | undefined,
    isLent = false,
  ): unknown {
    const { through } = this.#targets
    if (through === undefined || context === undefined) return run(args)
    return through({ name, args, isLent, run }, context)
  }

  #propertyIn(answer: unknown, property: string): unknown {
    return isThenable(answer) ? answer.then((value) => this.#valueIn(value, property)) : this.#valueIn(answer, property)
  }

  #valueIn(answer: unknown, property: string): unknown {
    const read = readPropertyAnswer(answer)
    if ('value' in read) return read.value
    throw this.#unreachable(property, 'is a method, which is not called here')
  }

  #read(from: unknown, name: string, context: ServedContext | undefined): unknown {
    // An object passed by reference offers what it exposes, not its fields.
    const reference = this.#referenceTo(from)
    if (reference !== undefined) {
      const get: ExposedMethod = (given) => reference.call(GET, given)
      return this.#propertyIn(this.#run(GET, [name], get, context, true), name)
    }
    const value = readProperty(from, name)
    if (value !== OUT_OF_REACH) return value
    throw this.#unreachable(name, `is not a property that a pipeline may read of ${shownKind(from)}`)
  }

  #methodOf(of: unknown, name: string, context: ServedContext | undefined): (args: readonly unknown[]) => unknown {
    const reference = this.#referenceTo(of)
    if (reference !== undefined && !name.startsWith(RESERVED_PREFIX))
      return (args) => this.#run(name, args, (given) => reference.call(name, given), context, true)
    const method = findMethod(of, name)
    if (method !== undefined) return (args) => this.#run('', args, method, context, true)
    throw this.#unreachable(name, `is not a method that a pipeline may call of ${shownKind(of)}`)
  }

  #referenceTo(result: unknown): LentObject | undefined {
    return typeof result === 'object' && result !== null ? this.#targets.objects.reference(result) : undefined
  }

  #unreachable(name: string, problem: string): Error {
    return unreachable(this.#results.length, name, this.#targets.service, problem)
  }
}
