import { control } from '../client/control.ts'
import { RedisRPCClient } from '../client/proxy.ts'
import { ValidationError } from '../errors.ts'
import type { RedisSource } from '../link/source.ts'
import { RedisRPC } from '../redis-rpc.ts'
import type { Clock } from '../util/clock.ts'
import { isIterableStream } from '../util/stream-form.ts'
import { isRemote } from '../wire/failure.ts'
import type { SecretOption } from '../wire/signature.ts'
import { boundedText } from './bounded.ts'
import { Refusal } from './refusal.ts'
import { shownValue } from './shown-value.ts'

/** How many calls may run at once. */
const MOST_AT_ONCE = 10
/** How many items of a stream are shown. */
const MOST_ITEMS = 100
/** How many of the arguments that a server refused are shown. */
const MOST_ISSUES = 20
/** The longest time-out of a call, in ms. */
export const LONGEST_CALL_MS = 60_000
/** How long to wait for a first server, in ms. */
const NO_SERVER_MS = 2_000

export interface FormCall {
  readonly service: string
  readonly method: string
  readonly args: readonly unknown[]
  readonly timeoutMs: number
}

/** What became of a call. */
export type CallOutcome = { readonly durationMs: number } & (
  | { readonly outcome: 'value'; readonly text: string }
  | { readonly outcome: 'items'; readonly items: readonly string[]; readonly hasMore: boolean }
  | {
      readonly outcome: 'error'
      readonly name: string
      readonly code: string | undefined
      readonly message: string
      readonly stack: string | undefined
      /** Whether the method threw it, there. */
      readonly isRemote: boolean
      /** Which arguments the server refused, by their places, and why. */
      readonly issues: readonly { readonly index: number; readonly message: string }[]
    }
)

/** Calls methods for viewers, on connections that are opened with the first call. */
export class FormCalls {
  readonly #redis: RedisSource
  readonly #signing: SecretOption
  readonly #clock: Clock
  #rpc: RedisRPC | undefined
  #running = 0

  /** @param signing what calls of services are signed with that have a secret */
  constructor(redis: RedisSource, signing: SecretOption, clock: Clock) {
    this.#redis = redis
    this.#signing = signing
    this.#clock = clock
  }

  /** @throws Refusal when too many calls run */
  async call(call: FormCall, signal: AbortSignal): Promise<CallOutcome> {
    if (this.#running >= MOST_AT_ONCE)
      throw new Refusal(503, `no more than ${MOST_AT_ONCE} calls run at once: try again when one has ended`)
    this.#running++
    try {
      return await this.#call(call, signal)
    } finally {
      this.#running--
    }
  }

  async close(): Promise<void> {
    await this.#rpc?.close()
  }

  async #call({ service, method, args, timeoutMs }: FormCall, signal: AbortSignal): Promise<CallOutcome> {
    this.#rpc ??= new RedisRPC(this.#redis)
    const noServerTimeoutMs = Math.min(NO_SERVER_MS, timeoutMs)
    const client = new RedisRPCClient(this.#rpc, service, {
      ...this.#signing,
      timeoutMs,
      noServerTimeoutMs,
    })
    const began = this.#clock.now()
    const durationMs = (): number => this.#clock.now() - began
    try {
      const value = await control(control(client).with({ signal })).call(method, ...args)
      if (isIterableStream(value)) {
        const { items, hasMore } = await firstItems(value)
        return { outcome: 'items', items, hasMore, durationMs: durationMs() }
      }
      return { outcome: 'value', text: shownValue(value), durationMs: durationMs() }
    } catch (error) {
      return { ...describe(error), durationMs: durationMs() }
    } finally {
      await control(client).close()
    }
  }
}

async function firstItems(stream: AsyncIterable<unknown>): Promise<{ items: string[]; hasMore: boolean }> {
  const items: string[] = []
  for await (const item of stream) {
    if (items.length >= MOST_ITEMS) return { items, hasMore: true }
    items.push(boundedText(shownValue(item)))
  }
  return { items, hasMore: false }
}

function describe(thrown: unknown): Omit<Extract<CallOutcome, { outcome: 'error' }>, 'durationMs'> {
  const outcome = 'error'
  if (!(thrown instanceof Error))
    return {
      outcome,
      name: 'not an Error',
      code: undefined,
      message: shownValue(thrown),
      stack: undefined,
      isRemote: true,
      issues: [],
    }
  const { name, message, stack, code } = thrown as Error & { code?: unknown }
  return {
    outcome,
    name: boundedText(String(name), 200),
    code: typeof code === 'string' ? boundedText(code, 200) : undefined,
    message: boundedText(String(message)),
    stack: typeof stack === 'string' ? boundedText(stack) : undefined,
    isRemote: isRemote(thrown),
    issues: issuesOf(thrown),
  }
}

function issuesOf(thrown: Error): { index: number; message: string }[] {
  if (!(thrown instanceof ValidationError) || thrown.on !== 'args') return []
  // A server that is none of ours may have put anything there.
  const issues: unknown = thrown.issues
  if (!Array.isArray(issues)) return []
  return issues.slice(0, MOST_ISSUES).flatMap((issue: { path?: unknown; message?: unknown } | null) => {
    const { path, message } = issue ?? {}
    if (!Array.isArray(path) || typeof path[0] !== 'number' || typeof message !== 'string') return []
    const within = path.slice(1, 10).filter((key) => typeof key === 'string' || typeof key === 'number')
    const where = within.length > 0 ? `${boundedText(within.join('.'), 200)}: ` : ''
    return [{ index: path[0], message: where + boundedText(message, 500) }]
  })
}
