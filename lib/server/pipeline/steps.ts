import { MethodNotFoundError, ProtocolError } from '../../errors.ts'
import type { ExposedMethod } from '../../expose/look-up.ts'
import type { Objects } from '../../rpc/objects/objects.ts'
import type { ServedContext } from '../../rpc/serving/call-context.ts'
import type { Asked } from '../../rpc/serving/incoming.ts'
import { isRecord } from '../../util/is-object.ts'
import { isLocalName } from '../../util/local-names.ts'
import type { Codec, StepDecoder } from '../../wire/codec.ts'
import type { JsonObject } from '../../wire/fields.ts'
import { RESERVED_PREFIX } from '../../wire/reserved.ts'
import type { ResultOf } from '../../wire/step.ts'

/** How many steps a pipeline may have. */
const MOST_STEPS = 100

/** What the steps of a pipeline may call. */
export interface CallTargets {
  readonly service: string
  readonly methods: ReadonlyMap<string, ExposedMethod>
  readonly codec: Codec
  readonly objects: Objects
  /** Runs a step through middleware; undefined: there is none. */
  readonly through?: ((step: Asked, context: ServedContext) => unknown) | undefined
}

/** One step, checked as far as possible before any step runs. */
export interface CheckedStep {
  /** Where it starts: an exposed method, an exposed property, or the result of an earlier step. */
  readonly from:
    | { readonly method: ExposedMethod; readonly name: string }
    | { readonly property: string }
    | { readonly step: number }
  /** The path from there through data. */
  readonly path: readonly string[]
  /** The method called at the end of the path, if it is not an exposed method; undefined: none. */
  readonly method: string | undefined
  readonly args: (resultOf: ResultOf) => readonly unknown[]
}

/**
 * Reads the steps of a pipeline.
 * @param from the sender's list, if known
 * @throws ProtocolError when they are malformed
 * @throws MethodNotFoundError when a step names something that is certainly not exposed
 */
export function readSteps(json: unknown, targets: CallTargets, from: string | undefined): readonly CheckedStep[] {
  if (!Array.isArray(json) || json.length === 0 || json.length > MOST_STEPS)
    throw new ProtocolError(`the steps of a pipeline are not an array of 1 to ${MOST_STEPS}`)
  const decode = targets.codec.stepDecoder(from)
  return json.map((step: unknown, index) => new StepReader(index, step, targets, decode).read())
}

class StepReader {
  readonly #index: number
  readonly #step: JsonObject
  readonly #targets: CallTargets
  readonly #decode: StepDecoder

  constructor(index: number, step: unknown, targets: CallTargets, decode: StepDecoder) {
    this.#index = index
    this.#targets = targets
    this.#decode = decode
    if (!isRecord(step)) throw this.#malformed('is not an object')
    this.#step = step as JsonObject
  }

  read(): CheckedStep {
    const { on, name, get: property } = this.#step
    if (on !== undefined && !this.#isEarlier(on)) throw this.#malformed('is not on the result of a step before it')
    if (typeof property === 'string' && name === undefined) {
      const way =
        on === undefined ? this.#exposedWay(property) : { from: { step: on }, path: this.#visible([property]) }
      return { ...way, method: undefined, args: () => [] }
    }
    if (typeof name !== 'string' || property !== undefined) throw this.#malformed('has neither a name nor a get')
    const args = this.#args()
    if (on !== undefined) return { from: { step: on }, path: [], method: this.#visible([name])[0], args }
    const method = name.startsWith(RESERVED_PREFIX) ? undefined : this.#targets.methods.get(name)
    if (method !== undefined) return { from: { method, name }, path: [], method: undefined, args }
    const { from, path } = this.#exposedWay(name)
    return { from, path: path.slice(0, -1), method: path.at(-1), args }
  }

  #args(): CheckedStep['args'] {
    const json = this.#step.args ?? []
    if (!Array.isArray(json)) throw this.#malformed('has args that are not an array')
    const args = this.#decode(json, this.#step.meta, 'args', this.#index)
    return (resultOf) => args(resultOf) as readonly unknown[]
  }

  /**
   * A path into the served object: its longest exposed part names a property, and the rest leads
   * through the value of that property.
   */
  #exposedWay(path: string): Pick<CheckedStep, 'from' | 'path'> {
    const { methods, service } = this.#targets
    const names = path.startsWith(RESERVED_PREFIX) ? [] : path.split('.')
    for (let count = names.length; count > 0; count--) {
      const property = names.slice(0, count).join('.')
      if (methods.has(property)) return { from: { property }, path: this.#visible(names.slice(count)) }
    }
    const { message } = new MethodNotFoundError(path, service)
    throw new MethodNotFoundError(path, service, 'method', `step ${this.#index} of the pipeline: ${message}`)
  }

  /** Names that every object has are never accessible. */
  #visible(names: readonly string[]): readonly string[] {
    for (const name of names) if (isLocalName(name)) throw unreachable(this.#index, name, this.#targets.service)
    return names
  }

  #isEarlier(step: unknown): step is number {
    return Number.isSafeInteger(step) && (step as number) >= 0 && (step as number) < this.#index
  }

  #malformed(problem: string): ProtocolError {
    return new ProtocolError(`step ${this.#index} of the pipeline ${problem}`)
  }
}

/** The error for a step that names something inaccessible. */
export function unreachable(
  step: number,
  name: string,
  service: string,
  problem = 'is a name that no result gives away',
): MethodNotFoundError {
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)
  return new MethodNotFoundError(name, service, 'method', `step ${step} of the pipeline: ${shown} ${problem}`)
}
