import { inspect } from 'node:util'
import { PipelineError } from '../../errors.ts'
import { isLocalName } from '../../util/local-names.ts'
import { PLACE, placeOf } from '../../wire/step.ts'

/** Records steps and numbers them. */
export interface Recording {
  call(on: number | undefined, name: string, args: readonly unknown[]): number
  get(on: number | undefined, name: string): number
}

/**
 * What a function passed to `pipe` sees: the remote object, a path to one of its methods, the
 * result of a step, or a member of that result. A member is a method if it is called, and otherwise
 * a property that is read when its value is first used.
 *
 * It is the handler of its own Proxy, and creates everything lazily, since there is one for each
 * name and each step.
 */
export class StepPlace implements ProxyHandler<object> {
  readonly recorder: Recording
  /** What the function sees. */
  readonly face: object
  /** The owner of the name; undefined: the remote object. */
  private readonly of: StepPlace | undefined
  /** The name, or the path from the remote object; undefined: none. */
  private readonly name: string | undefined
  private step: number | undefined
  private known: Map<string, object> | undefined

  /** @param step the number of the step whose result this is */
  constructor(recorder: Recording, of: StepPlace | undefined, name: string | undefined, step?: number) {
    this.recorder = recorder
    this.of = of
    this.name = name
    this.step = step
    this.known = undefined
    this.face = new Proxy(TARGET, this)
  }

  /** The number of the step that produces its value. */
  number(): number {
    if (this.step === undefined) {
      if (this.name === undefined) throw new PipelineError('the remote object itself is not the result of a step')
      this.step = this.recorder.get(this.of?.number(), this.name)
    }
    return this.step
  }

  /** How error messages describe it. */
  get text(): string {
    if (this.step !== undefined) return `step ${this.step} of a pipeline`
    return this.name === undefined ? 'the far object in a pipeline' : `${this.name} in a pipeline`
  }

  get(target: object, name: string | symbol): unknown {
    if (name === PLACE) return this
    if (typeof name === 'symbol' || isLocalName(name)) return this.local(target, name)
    const known = this.known?.get(name)
    if (known !== undefined) return known
    const { face } = this.child(name)
    this.known ??= new Map()
    this.known.set(name, face)
    return face
  }

  set(): never {
    return this.refuse('cannot be assigned to')
  }

  apply(_target: object, _this: unknown, args: unknown[]): object {
    if (this.name === undefined && this.step === undefined) return this.refuse('is no function')
    const step =
      this.name === undefined
        ? this.recorder.call(this.step, '', args)
        : this.recorder.call(this.of?.number(), this.name, args)
    return new StepPlace(this.recorder, undefined, undefined, step).face
  }

  private child(name: string): StepPlace {
    const isPath = this.of === undefined && this.step === undefined
    if (!isPath) return new StepPlace(this.recorder, this, name)
    return new StepPlace(this.recorder, undefined, this.name === undefined ? name : `${this.name}.${name}`)
  }

  /**
   * There is no value yet, so awaiting, printing or calculating with it would silently give wrong
   * results.
   */
  private local(target: object, name: string | symbol): unknown {
    switch (name) {
      case 'then':
        return () => this.refuse('cannot be awaited; return it from the function given to pipe(), and await that')
      case 'toString':
      case 'toLocaleString':
      case 'valueOf':
      case 'toJSON':
      case Symbol.toPrimitive:
        return () => this.refuse('has no value here; return it from the function given to pipe()')
      default:
        return Reflect.get(target, name)
    }
  }

  private refuse(problem: string): never {
    throw new PipelineError(`${this.text} ${problem}`)
  }
}

/**
 * A function without own properties, since a step may use any name. Code that prints a Proxy prints
 * this.
 */
const TARGET = makeTarget()

function makeTarget(): object {
  const target = (): void => {}
  Reflect.deleteProperty(target, 'name')
  Reflect.deleteProperty(target, 'length')
  Object.defineProperty(target, inspect.custom, {
    value(this: object) {
      return `[${(placeOf(this) as StepPlace).text}]`
    },
  })
  return Object.freeze(target)
}
