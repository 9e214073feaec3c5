import type { LinkEndOptions, RedisRPC, RedisRPCClientOptions, RedisSource } from '../../index.ts'
import type { Inspector } from '../../inspect/index.ts'
import { TLS_OPTIONS } from '../redis-cli/place.ts'
import type { Interrupt } from './interrupt.ts'
import type { Output } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly url?: string
  readonly json?: boolean
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly sni?: string
  readonly insecure?: boolean
}

const DEFAULT_URL = 'redis://localhost:6379'
/** A user is waiting, so commands time out sooner than the library does by default. In ms. */
const CONNECT_MS = 3_000
const OUTAGE_MS = 5_000
const NO_SERVER_MS = 1_000

/** What a command works with. It connects when a command first asks for a connection. */
export class Context implements AsyncDisposable {
  readonly json: boolean
  readonly output: Output
  /** Fires at Ctrl-C, at SIGTERM, and when nobody reads the results any more. */
  readonly signal: AbortSignal
  readonly #options: CommonOptions
  readonly #env: NodeJS.ProcessEnv
  readonly #closers: (() => Promise<void>)[] = []

  constructor(options: CommonOptions, env: NodeJS.ProcessEnv, output: Output, interrupt: Interrupt) {
    this.#options = options
    this.#env = env
    this.json = options.json === true
    this.output = output
    this.signal = interrupt.signal
  }

  /** Where Redis is. @throws UsageError when a file cannot be read */
  get redis(): RedisSource {
    const url = this.#options.url ?? (this.#env.REDIS_URL || DEFAULT_URL)
    const tls = tlsOptions(this.#options)
    return tls === undefined ? url : { url, tls }
  }

  /** Shared connections, which are closed when the command ends. */
  async rpc(): Promise<RedisRPC> {
    const { RedisRPC } = await import('../../index.ts')
    return this.owns(new RedisRPC(this.redis, { ...this.connectOptions, outageTimeoutMs: OUTAGE_MS }))
  }

  /** Looks at services, queues, streams and caches; closed when the command ends. */
  async inspector(): Promise<Inspector> {
    const { Inspector } = await import('../../inspect/index.ts')
    return this.owns(new Inspector(this.redis, { ...this.connectOptions, outageTimeoutMs: OUTAGE_MS, ...this.secret }))
  }

  /** Connection options for everything that a command opens. */
  get connectOptions(): Required<Pick<LinkEndOptions, 'connectTimeoutMs' | 'onError'>> {
    return {
      connectTimeoutMs: CONNECT_MS,
      onError: (error) => this.output.note(`warning: ${error.message}`),
    }
  }

  /** Options of every client. */
  get clientOptions(): RedisRPCClientOptions {
    return { noServerTimeoutMs: NO_SERVER_MS, streamIdleMs: Number.POSITIVE_INFINITY, ...this.secret }
  }

  /** The secret that signs messages, if there is one. */
  get secret(): { secret?: string } {
    const secret = this.#env.REDIS_OBJECT_RPC_SECRET
    return secret ? { secret } : {}
  }

  /** Closes something at the end of the command. */
  owns<T extends { close(): Promise<void> }>(closable: T): T {
    this.#closers.push(() => closable.close())
    return closable
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
  }
}

function tlsOptions(options: CommonOptions): object | undefined {
  const given = Object.entries(TLS_OPTIONS).flatMap(([flag, read]) => {
    const value = options[flag.slice(2) as 'cacert' | 'cert' | 'key' | 'sni']
    return value === undefined ? [] : [readable(flag, () => read(value))]
  })
  if (options.insecure) given.push({ rejectUnauthorized: false })
  return given.length === 0 ? undefined : Object.assign({}, ...given)
}

function readable<T>(flag: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`)
  }
}
