import { MiddlewareError } from '../errors.ts'
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

/** A call and its destination. */
export interface Passage {
  readonly use: readonly Middleware[]
  readonly call: PassingCall
  /** Called after the last middleware. Does not throw. */
  reach(): Promise<unknown>
  /** The destination has answered or failed. */
  over(): void
}

/** Runs the middleware of a passage from `index` on. Does not throw. */
export function pass(passage: Passage, index: number): Promise<unknown> {
  const middleware = passage.use[index]
  if (middleware === undefined) return passage.reach()
  try {
    const result = middleware(new Layer(passage, index + 1))
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
    const { passage, call, index } = this
    if (index < passage.use.length) return this.watched(pass(passage, index))
    const reached = this.watched(passage.reach(), passage)
    return call.access === 'get' ? this.watched(reached.then((answer) => call.valueIn(answer))) : reached
  }

  /**
   * Notices when a result settles. This handles its rejection, too: if a middleware answers without
   * awaiting `next()`, a failing call must not end the process. There is one `then` for all of it,
   * because each promise costs more where an `AsyncLocalStorage` is in use.
   *
   * @param reached the passage whose end gave the result
   */
  private watched(result: Promise<unknown>, reached?: Passage): Promise<unknown> {
    const { call } = this
    result.then(
      (answer) => {
        this.state = 'settled'
        if (reached === undefined) return
        reached.over()
        if (call.kind === 'call' && isStream(answer)) call.kind = 'stream'
      },
      () => {
        this.state = 'settled'
        reached?.over()
      },
    )
    return result
  }

  private refuse(problem: string): Promise<never> {
    const { service, method } = this.call
    const refused = Promise.reject(new MiddlewareError(`${problem} for ${service}.${method}`))
    refused.catch(() => {})
    return refused
  }
}
