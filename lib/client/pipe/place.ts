import { inspect } from 'node:util'
import { PipelineError } from '../../errors.ts'
import { isLocalName } from '../../util/local-names.ts'
import { markStep } from '../../wire/step.ts'

/** Takes steps down, and numbers them. */
export interface Recording {
  call(on: number | undefined, name: string, args: readonly unknown[]): number
  get(on: number | undefined, name: string): number
}

/** Something that the function given to `pipe` holds. */
export interface Place {
  readonly recorder: Recording
  /** The number of the step that gives its value. */
  number(): number
}

const places = new WeakMap<object, Place>()

/** What stands behind a step. */
export function placeOf(step: object): Place | undefined {
  return places.get(step)
}

/**
 * What a function given to `pipe` sees: the far object, a name on the way to one of its methods, the result of a step, or a name on that,
 * which is a method if it is called, and otherwise a property, read when its value is first used.
 */
export class StepPlace implements Place {
  readonly recorder: Recording
  /** What the function sees. */
  readonly face: object
  /** What the name belongs to; undefined: the far object. */
  readonly #of: StepPlace | undefined
  /** The name, or the path from the far object; undefined: none. */
  readonly #name: string | undefined
  readonly #known = new Map<string, object>()
  #number: number | undefined

  /** @param number of the step whose result it is */
  constructor(recorder: Recording, of: StepPlace | undefined, name: string | undefined, number?: number) {
    this.recorder = recorder
    this.#of = of
    this.#name = name
    this.#number = number
    this.face = new Proxy(
      makeTarget(() => `[${this.#text}]`),
      {
        get: (target, name) => this.#get(target, name),
        set: () => this.#refuse('cannot be assigned to'),
        apply: (_target, _this, args: unknown[]) => this.#call(args),
      },
    )
    places.set(this.face, this)
    markStep(this.face)
  }

  number(): number {
    if (this.#number === undefined) {
      if (this.#name === undefined) throw new PipelineError('the far object itself is no result of a step')
      this.#number = this.recorder.get(this.#of?.number(), this.#name)
    }
    return this.#number
  }

  #get(target: object, name: string | symbol): unknown {
    if (typeof name === 'symbol' || isLocalName(name)) return this.#local(target, name)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const { face } = this.#child(name)
    this.#known.set(name, face)
    return face
  }

  #child(name: string): StepPlace {
    const isPath = this.#of === undefined && this.#number === undefined
    if (!isPath) return new StepPlace(this.recorder, this, name)
    return new StepPlace(this.recorder, undefined, this.#name === undefined ? name : `${this.#name}.${name}`)
  }

  #call(args: unknown[]): object {
    if (this.#name === undefined && this.#number === undefined) return this.#refuse('is no function')
    const [on, name] = this.#name === undefined ? [this.#number, ''] : [this.#of?.number(), this.#name]
    const number = this.recorder.call(on, name, args)
    return new StepPlace(this.recorder, undefined, undefined, number).face
  }

  /** To await, print or calculate with what is not there yet would silently go wrong. */
  #local(target: object, name: string | symbol): unknown {
    switch (name) {
      case 'then':
        return () => this.#refuse('cannot be awaited; return it from the function given to pipe(), and await that')
      case 'toString':
      case 'toLocaleString':
      case 'valueOf':
      case 'toJSON':
      case Symbol.toPrimitive:
        return () => this.#refuse('has no value here; return it from the function given to pipe()')
      default:
        return Reflect.get(target, name)
    }
  }

  get #text(): string {
    if (this.#number !== undefined) return `step ${this.#number} of a pipeline`
    return this.#name === undefined ? 'the far object in a pipeline' : `${this.#name} in a pipeline`
  }

  #refuse(problem: string): never {
    throw new PipelineError(`${this.#text} ${problem}`)
  }
}

/** A function that has no name of its own: any may be asked for. Who prints it looks past its Proxy. */
function makeTarget(text: () => string): () => void {
  const target = (): void => {}
  Reflect.deleteProperty(target, 'name')
  Reflect.deleteProperty(target, 'length')
  Object.defineProperty(target, inspect.custom, { value: text })
  return Object.freeze(target)
}
