import { MiddlewareError } from '../errors.ts'
import { isThenable } from '../util/running.ts'
import { isStream } from '../util/stream-form.ts'
import { askedMember } from '../wire/asked-member.ts'
import { readPropertyAnswer } from '../wire/property-answer.ts'
import type { Middleware, MiddlewareCall, MiddlewareStep } from './middleware.ts'

/**
 * A call as middleware sees it: a property access has the property's name, not that of the method
 * that reads it.
 */
export abstract class PassingCall implements MiddlewareCall {
  readonly service: string
  readonly method: string
  readonly access: MiddlewareCall['access']
  args: readonly unknown[]
  kind: MiddlewareCall['kind']
  abstract readonly metadata: Record<string, string>
  abstract readonly signal: AbortSignal | undefined
  abstract readonly deadline: number | undefined
  abstract readonly direction: MiddlewareCall['direction']
  abstract readonly caller: string | undefined
  abstract readonly message: MiddlewareCall['message']
  /** How often it was repeated. */
  repeated = 0
  private readonly name: string

  /** @param name as it travels */
  constructor(service: string, name: string, args: readonly unknown[], kind: MiddlewareCall['kind']) {
    this.service = service
    this.name = name
    this.kind = kind
    const asked = askedMember(name, args)
    this.access = asked.access
    this.method = asked.method
    this.args = asked.args
  }

  abstract get attempt(): number

  /**
   * The arguments as they are sent.
   * @throws MiddlewareError when a middleware has replaced them with something that is not an array
   */
  get given(): readonly unknown[] {
    const { args, access, method, name } = this
    if (!Array.isArray(args))
      throw new MiddlewareError(`the args of ${name} were replaced with something that is not an array`)
    return access === 'call' ? args : [method, ...args]
  }

  /** The value of a property as middleware sees it. @throws ProtocolError */
  valueIn(answer: unknown): unknown {
    const read = readPropertyAnswer(answer)
    return 'value' in read ? read.value : new NoProperty(read)
  }

  /** The other way round. */
  travelling(result: unknown): unknown {
    if (this.access !== 'get') return result
    return result instanceof NoProperty ? result.answer : { value: result }
  }
}

/** The result of reading a name that is not a property: a method or a namespace. */
class NoProperty {
  readonly answer: object

  constructor(answer: object) {
    this.answer = answer
  }
}

/** A call and its destination. There is one for each call, so its fields are set once. */
export abstract class Passage {
  readonly use: readonly Middleware[]
  abstract readonly call: PassingCall
  /**
   * The promise that the last middleware has got. If the first one returns this very promise, no
   * middleware waits for the result, so nobody else has to.
   */
  reached: Promise<unknown> | undefined = undefined
  /** Whether `reached` is resolved already, with `value`. */
  isKnown = false
  value: unknown = undefined

  constructor(use: readonly Middleware[]) {
    this.use = use
  }

  /** Called after the last middleware. Returns the result, which may be a promise, or throws. */
  abstract reach(): unknown

  /** The destination has answered or failed. */
  over(): void {}
}

/** Runs the middleware of a passage, of which there is at least one. Does not throw. */
export function pass(passage: Passage): Promise<unknown> {
  return run(passage, 0)
}

function run(passage: Passage, index: number): Promise<unknown> {
  try {
    const result = (passage.use[index] as Middleware)(new Layer(passage, index + 1))
    return result instanceof Promise ? result : Promise.resolve(result)
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * The argument of one middleware for one call. There is one for each, so everything is created
 * lazily.
 */
class Layer implements MiddlewareStep {
  readonly call: PassingCall
  readonly next: () => Promise<unknown>
  private readonly passage: Passage
  private readonly index: number
  private state: 'new' | 'passed on' | 'settled' = 'new'

  constructor(passage: Passage, index: number) {
    this.call = passage.call
    this.passage = passage
    this.index = index
    this.next = () => (this.state === 'new' ? this.passOn() : this.refuse('next() was called a second time'))
  }

  get again(): () => Promise<unknown> {
    return () => {
      if (this.state === 'new') return this.refuse('again() was called before next()')
      if (this.state !== 'settled') return this.refuse('again() was called before the last attempt had settled')
      this.call.repeated++
      return this.passOn()
    }
  }

  private passOn(): Promise<unknown> {
    this.state = 'passed on'
    const { passage, index } = this
    if (index === passage.use.length) return this.reach()
    const result = run(passage, index)
    if (passage.isKnown && result === passage.reached) this.state = 'settled'
    else result.then(this.settled, this.settled)
    return result
  }

  private reach(): Promise<unknown> {
    const { passage, call } = this
    let result: unknown
    try {
      result = passage.reach()
      if (!isThenable(result)) {
        passage.value = call.access === 'get' ? call.valueIn(result) : result
        this.noticeStream(result)
        passage.over()
        this.state = 'settled'
        passage.isKnown = true
        passage.reached = Promise.resolve(passage.value)
        return passage.reached
      }
    } catch (error) {
      result = Promise.reject(error)
    }
    passage.isKnown = false
    const answered = result instanceof Promise ? result : Promise.resolve(result)
    this.watch(answered)
    passage.reached = call.access === 'get' ? this.valueIn(answered) : answered
    return passage.reached
  }

  /**
   * Notices when the result settles. This handles its rejection, too: if a middleware answers
   * without awaiting `next()`, a failing call must not end the process. There is one `then` for all
   * of it, because each promise costs more where an `AsyncLocalStorage` is in use.
   */
  private watch(answered: Promise<unknown>): void {
    const { passage } = this
    answered.then(
      (answer) => {
        this.state = 'settled'
        passage.over()
        this.noticeStream(answer)
      },
      () => {
        this.state = 'settled'
        passage.over()
      },
    )
  }

  private valueIn(answered: Promise<unknown>): Promise<unknown> {
    const value = answered.then((answer) => this.call.valueIn(answer))
    value.then(this.settled, this.settled)
    return value
  }

  private noticeStream(answer: unknown): void {
    try {
      if (this.call.kind === 'call' && isStream(answer)) this.call.kind = 'stream'
    } catch {
      // Encoding it will report what is wrong with it.
    }
  }

  private get settled(): () => void {
    return () => {
      this.state = 'settled'
    }
  }

  private refuse(problem: string): Promise<never> {
    const { service, method } = this.call
    const refused = Promise.reject(new MiddlewareError(`${problem} for ${service}.${method}`))
    refused.catch(() => {})
    return refused
  }
}
