import { realpath } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { InvalidOptionError } from '../errors.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { Registry } from './catalog/registry.ts'
import { COMMANDS } from './commands/all.ts'
import { Config, RefusedParameter } from './config/config.ts'
import { Engine } from './engine/engine.ts'
import { Listener } from './net/listener.ts'
import { checkOptions, type EmbeddedRedisOptions } from './options.ts'
import { AppendOnlyFile } from './persistence/append-only-file.ts'
import { nodeFileSystem } from './persistence/file-system.ts'
import { systemMessage } from './text/system-message.ts'

/**
 * A Redis server in this process, without set-up or another program. Its replies, including error
 * texts, are those of Redis 7.0 for every command it supports, so you can move to a Redis server by
 * changing a URL.
 *
 * @example
 * ```ts
 * import { EmbeddedRedis } from 'redis-object-rpc/embedded'
 * import { Redis } from 'ioredis'
 *
 * const server = await EmbeddedRedis.start({ port: 0 })
 * const redis = new Redis(server.url)
 * await redis.set('greeting', 'hello')
 * await redis.quit()
 * await server.close()
 * ```
 */
export class EmbeddedRedis implements AsyncDisposable {
  readonly #engine: Engine
  readonly #listener: Listener
  readonly #closeTimeoutMs: number
  readonly #closed: Deferred<void> = deferred()
  #closing: Promise<void> | undefined

  private constructor(engine: Engine, listener: Listener, closeTimeoutMs: number) {
    this.#engine = engine
    this.#listener = listener
    this.#closeTimeoutMs = closeTimeoutMs
    // A failure was logged, and callers that await `close` get the error.
    engine.onShutdown = () => void this.close().catch(() => {})
  }

  /**
   * Starts a server; resolves once it listens.
   * @throws InvalidOptionError - if an option is invalid; for a parameter that CONFIG SET refuses,
   * `option` is `config.NAME`
   * @throws AppendOnlyFileError - if the append-only file is damaged before its end
   * @throws Error - if it cannot listen on the address or use the file, with the system's `code`
   */
  static async start(options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
    const checked = checkOptions(options)
    const config = new Config({
      bind: checked.host,
      maxclients: String(checked.maxClients),
      requirepass: toBytes(checked.password),
      'proto-max-bulk-len': String(checked.maxBulkBytes),
      'client-query-buffer-limit': String(checked.maxQueryBytes),
      appendfsync: checked.fsync,
      'auto-aof-rewrite-min-size': String(checked.rewriteMinBytes),
    })
    if (checked.appendOnlyFile === '') config.onSet('appendonly', refuseWithoutFile)
    setParameters(config, checked.config)
    const engine = new Engine(checked.clock, config, new Registry(COMMANDS, checked.disabledCommands), checked.log)
    if (checked.appendOnlyFile !== '') await openAppendOnlyFile(engine, checked.appendOnlyFile)
    let listener: Listener
    try {
      listener = await Listener.open(engine, checked.host, checked.port, checked.maxArguments)
    } catch (error) {
      engine.close()
      await engine.appendOnlyFile?.close()
      throw error
    }
    config.tell('port', String(listener.port))
    checked.log('notice', `Ready to accept connections on ${checked.host}:${listener.port}`)
    return new EmbeddedRedis(engine, listener, checked.closeTimeoutMs)
  }

  /** The TCP port it listens on. */
  get port(): number {
    return this.#listener.port
  }

  /** The address it listens on, as passed in the options. */
  get host(): string {
    return this.#listener.host
  }

  /**
   * The URL for clients, such as `redis://127.0.0.1:6379`, including the current password, if any.
   */
  get url(): string {
    const { password } = this.#engine.config
    const credentials = password === '' ? '' : `:${percentEncoded(password)}@`
    const host = this.host.includes(':') ? `[${this.host}]` : this.host
    return `redis://${credentials}${host}:${this.port}`
  }

  /** Resolves once it is closed, by {@link EmbeddedRedis.close} or by a client's SHUTDOWN. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /**
   * Stops accepting connections, sends pending replies to the clients, and closes everything.
   * Blocked clients are closed without a reply, as in Redis. The append-only file is written and
   * synced. A second call returns the first promise.
   * @throws Error - if the last writes cannot be stored, with the system's `code`; everything else
   * is closed then
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#engine.log('notice', 'Shutting down')
    await this.#listener.close(this.#closeTimeoutMs)
    this.#engine.close()
    try {
      await this.#engine.appendOnlyFile?.close()
    } catch (error) {
      this.#engine.log('warning', `The last writes are lost: ${systemMessage(error)}`)
      throw error
    } finally {
      this.#closed.resolve()
    }
  }
}

async function openAppendOnlyFile(engine: Engine, path: string): Promise<void> {
  const { config } = engine
  config.tell('appendonly', 'yes')
  config.tell('dir', dirname(resolve(path)))
  config.tell('appendfilename', basename(path))
  // A rewrite replaces this file: the target of a symbolic link, not the link.
  const file = await realpath(path).catch(() => resolve(path))
  engine.appendOnlyFile = await AppendOnlyFile.open(engine, file, nodeFileSystem)
}

function refuseWithoutFile(value: string): string | undefined {
  return value === 'yes' ? 'the server was started without an append-only file' : undefined
}

/** @throws InvalidOptionError - that names the parameter that CONFIG SET refuses */
function setParameters(config: Config, given: Readonly<Record<string, string>>): void {
  try {
    config.set(Object.entries(given).map(([name, value]) => [name, toBytes(value)]))
  } catch (error) {
    if (!(error instanceof RefusedParameter)) throw error
    const { parameter, problem } = error
    const name = Object.keys(given).find((each) => each.toLowerCase() === parameter.toLowerCase()) ?? parameter
    throw new InvalidOptionError(`config.${name}`, `as CONFIG SET takes it (${problem})`, given[name])
  }
}

/** Bytes as they appear in a URL. */
function percentEncoded(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9_.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** Converts text to UTF-8 bytes, one character each, as clients send it. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
