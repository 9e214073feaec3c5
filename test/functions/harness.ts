import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  FunctionClient,
  type FunctionClientOptions,
  FunctionServer,
  type FunctionServerOptions,
} from 'redis-object-rpc/functions'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { until } from '../helpers/until.ts'

class Broken extends Error {
  override name = 'Broken'
}

/** What the tests call. */
export interface TestFunctions {
  add(kw: { a: number; b: number }): number
  echo(kw: { value?: unknown }): unknown
  keys(kw: object): string[]
  nothing(): void
  zero(): number
  when(): Date
  later(kw: { value: number }): Promise<number>
  boom(): never
  silent(): never
  reject(): Promise<never>
  unsendable(): () => number
  wait(kw: { name: string }): Promise<string>
}

/** @param gates hold the calls of `wait` until they are opened */
function makeFunctions(gates: Map<string, Deferred<void>>): TestFunctions {
  return {
    add: ({ a, b }: { a: number; b: number }) => a + b,
    echo: ({ value }: { value?: unknown }) => value,
    keys: (kw: object) => Object.keys(kw),
    nothing: () => {},
    zero: () => 0,
    when: () => new Date(0),
    later: async ({ value }: { value: number }) => value,
    boom: () => {
      throw new Broken('it broke')
    },
    silent: () => {
      throw new Error('')
    },
    reject: () => Promise.reject(new RangeError('too far')),
    unsendable: () => () => 1,
    async wait({ name }: { name: string }): Promise<string> {
      const gate = deferred<void>()
      gates.set(name, gate)
      await gate.promise
      return name
    },
  }
}

/** What each test of functions has: a prefix of its own, servers and clients that are closed after it, and a look at Redis. */
export class Harness {
  readonly #redis: () => RunningRedis
  raw!: Redis
  prefix = ''
  functions!: TestFunctions
  /** Calls of `wait` that run, by name. */
  gates: Map<string, Deferred<void>> = new Map()
  /** What was told to `onError` of servers and clients. */
  errors: Error[] = []
  #ends: AsyncDisposable[] = []

  /** Registers the hooks of a suite. */
  constructor(redis: () => RunningRedis) {
    this.#redis = redis
    before(() => {
      this.raw = new Redis(this.url)
    })
    after(() => this.raw?.disconnect())
    beforeEach(() => {
      this.prefix = freshName('fn')
      this.gates = new Map()
      this.functions = makeFunctions(this.gates)
      this.errors = []
    })
    afterEach(() => this.#end())
  }

  get url(): string {
    return this.#redis().url
  }

  /** A server of the test functions, not started. */
  server(options: FunctionServerOptions = {}, url: string = this.url): FunctionServer<TestFunctions> {
    const { prefix, onError } = this
    return this.use(new FunctionServer(url, this.functions, { prefix, onError, ...options }))
  }

  async start(options: FunctionServerOptions = {}, url: string = this.url): Promise<FunctionServer<TestFunctions>> {
    const server = this.server(options, url)
    await server.start()
    return server
  }

  client(options: FunctionClientOptions = {}, url: string = this.url): FunctionClient<TestFunctions> {
    const { prefix, onError } = this
    return this.use(new FunctionClient<TestFunctions>(url, { prefix, onError, responseTimeoutMs: 15_000, ...options }))
  }

  /** Closes something after the test, the last first. */
  use<T extends AsyncDisposable>(end: T): T {
    this.#ends.push(end)
    return end
  }

  readonly onError = (error: Error): void => void this.errors.push(error)

  calls(name: string): string {
    return `${this.prefix}:${name}:calls`
  }

  result(name: string, id: string): string {
    return `${this.prefix}:${name}:result:${id}`
  }

  /** Pushes a request as it is, and returns the result as it is. */
  async ask(name: string, request: string, id: string): Promise<string> {
    await this.raw.rpush(this.calls(name), request)
    return this.resultOf(name, id)
  }

  async resultOf(name: string, id: string): Promise<string> {
    const popped = await this.raw.blpop(this.result(name, id), 15)
    return popped?.[1] ?? 'none came'
  }

  /** Lets a call of `wait` end, once it runs. */
  async open(name: string): Promise<void> {
    await until(() => this.gates.has(name))
    this.gates.get(name)?.resolve()
  }

  /** Whatever a test leaves in Redis must go away by itself. */
  async #end(): Promise<void> {
    for (const gate of this.gates.values()) gate.resolve()
    for (const end of this.#ends.splice(0).reverse()) await end[Symbol.asyncDispose]()
    const left = await this.raw.keys(`*${this.prefix}*`)
    const expiries = await Promise.all(left.map((key) => this.raw.pttl(key)))
    if (left.length > 0) await this.raw.del(left)
    expect(
      left.filter((_, index) => expiries[index] === -1),
      'keys left for ever',
    ).to.deep.equal([])
  }
}

/** A message without its time, which is checked. */
export function withoutTs(text: string): string {
  const ts = /"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/.exec(text)?.[1] ?? ''
  expect(Math.abs(Date.parse(ts) - Date.now()), `time in ${text}`).to.be.below(20_000)
  return text.replace(`"${ts}"`, '…')
}
