import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRpcError } from '../errors.ts'
import { Inspector } from '../inspect/index.ts'
import type { RedisSource } from '../link/source.ts'
import { steadyClock } from '../util/clock.ts'
import { checkAdmission } from './admission.ts'
import { readBody } from './body.ts'
import { boundedText } from './bounded.ts'
import { FormCalls } from './calls.ts'
import { findChange } from './changes.ts'
import { checkToken, tokenCookie, tokenOf } from './csrf.ts'
import {
  checkDashboardOptions,
  type DashboardAction,
  type DashboardOptions,
  type DashboardSettings,
} from './options.ts'
import { pageFile } from './page-files.ts'
import { Readings } from './readings.ts'
import { Refusal } from './refusal.ts'
import { send, sendJson, sendRefusal } from './respond.ts'
import { ServiceViews } from './service-views.ts'
import { Viewers } from './viewers.ts'
import { findView, type Wanted } from './views.ts'

/** A request as frameworks pass it on: Express removes the mount path from `url`. */
type Incoming = IncomingMessage & { readonly originalUrl?: string }

/** A request handler for `node:http` and frameworks built on it. */
export interface Dashboard extends AsyncDisposable {
  /**
   * Answers a request.
   * @param next called for paths that are not below `basePath`; without it these get a 404
   */
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void
  /**
   * Ends the streams of updates and disconnects from Redis; a second call returns the first
   * promise.
   */
  close(): Promise<void>
}

/**
 * Creates a page that shows the services, queues, event streams and caches in a Redis, live.
 *
 * It only reads, unless `write` is set. It connects on the first request, and reads from Redis only
 * while there are viewers.
 *
 * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never closed
 * @throws InvalidOptionError naming the option and what it accepts
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 *
 * createServer(dashboard('redis://localhost')).listen(8080, '127.0.0.1')
 * ```
 */
export function dashboard(redis: RedisSource, options: DashboardOptions = {}): Dashboard {
  const parts = new Parts(redis, checkDashboardOptions(options))
  const handle = (request: Incoming, response: ServerResponse, next?: (error?: unknown) => void): void => {
    const place = parts.placeOf(request)
    if (place === undefined && next !== undefined) next()
    else void parts.answer(request, response, place)
  }
  return Object.assign(handle, {
    close: () => parts.close(),
    [Symbol.asyncDispose]: () => parts.close(),
  })
}

/** The path of a request below the base path, without the leading slash. */
interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

class Parts {
  readonly #settings: DashboardSettings
  readonly #inspector: Inspector
  readonly #services: ServiceViews
  readonly #calls: FormCalls
  readonly #readings = new Readings()
  readonly #viewers: Viewers
  #closing: Promise<void> | undefined

  constructor(redis: RedisSource, settings: DashboardSettings) {
    this.#settings = settings
    const { refreshMs, maxViewers, signing } = settings
    this.#inspector = new Inspector(redis, signing)
    this.#services = new ServiceViews(this.#inspector, steadyClock)
    this.#calls = new FormCalls(redis, signing, steadyClock)
    this.#viewers = new Viewers({
      refreshMs,
      maxViewers,
      clock: steadyClock,
      explain: (error) => this.#refusalOf(error).message,
    })
  }

  /** Undefined if the request is not for the dashboard. */
  placeOf(request: Incoming): Place | undefined {
    const { basePath } = this.#settings
    const [path = '', query = ''] = (request.originalUrl ?? request.url ?? '').split(/\?(.*)/s)
    if (path !== basePath && !path.startsWith(`${basePath}/`)) return undefined
    return { path: path.slice(basePath.length), query: new URLSearchParams(query) }
  }

  async answer(request: Incoming, response: ServerResponse, place: Place | undefined): Promise<void> {
    try {
      if (place === undefined) throw notFound()
      checkAdmission(request, this.#settings.allowedHosts)
      if (request.method === 'POST') await this.#change(request, response, place)
      else if (request.method === 'GET' || request.method === 'HEAD') await this.#show(request, response, place)
      else throw new Refusal(405, 'there is only GET, HEAD and POST', { allow: 'GET, HEAD, POST' })
    } catch (error) {
      sendRefusal(response, this.#refusalOf(error))
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#viewers.close()
    await Promise.all([this.#calls.close(), this.#inspector.close()])
  }

  async #show(request: Incoming, response: ServerResponse, { path, query }: Place): Promise<void> {
    await this.#authorize(request, 'read', undefined)
    const { basePath } = this.#settings
    // The page refers to its files by relative paths.
    if (path === '') return send(response, 308, '', { location: `${basePath}/` })
    if (path === '/api/session') return this.#greet(request, response)
    const [, kind, name = ''] = /^\/api\/(view|live)\/([a-z]+)$/.exec(path) ?? []
    if (kind !== undefined) {
      const wanted = findView(name, query, { inspector: this.#inspector, services: this.#services })
      const read = (): Promise<string> => this.#read(wanted)
      if (kind === 'view' || request.method === 'HEAD') return sendJson(response, await read())
      return this.#viewers.add(wanted.key, read, response)
    }
    const file = await pageFile(path.slice(1))
    if (file === undefined) throw notFound()
    const { type, body, etag } = file
    const headers = { etag, 'cache-control': 'no-cache' }
    if (request.headers['if-none-match'] === etag) return send(response, 304, '', headers)
    send(response, 200, body, { 'content-type': type, ...headers })
  }

  #read({ key, read }: Wanted): Promise<string> {
    return this.#readings.read(key, read)
  }

  /** Sends what the page needs before it can show anything. */
  #greet(request: Incoming, response: ServerResponse): void {
    const { write, basePath } = this.#settings
    const token = tokenOf(request)
    const session = write ? { write, token } : { write }
    sendJson(response, JSON.stringify(session), write ? { 'set-cookie': tokenCookie(token, basePath) } : {})
  }

  async #change(request: Incoming, response: ServerResponse, { path }: Place): Promise<void> {
    const [, name] = /^\/api\/do\/([a-z-]+)$/.exec(path) ?? []
    if (name === undefined) throw notFound()
    if (!this.#settings.write)
      throw new Refusal(403, 'the dashboard is read-only: it was started without the option write')
    checkToken(request)
    await this.#authorize(request, 'read', undefined)
    const change = findChange(name, await readBody(request))
    await this.#authorize(request, change.action, change.name)
    const gone = new AbortController()
    const abort = (): void => gone.abort()
    response.once('close', abort)
    try {
      sendJson(response, await change.make({ inspector: this.#inspector, calls: this.#calls }, gone.signal))
    } finally {
      response.off('close', abort)
    }
  }

  async #authorize(request: Incoming, action: DashboardAction, name: string | undefined): Promise<void> {
    const allowed = await this.#settings.authorize({ request, action, name })
    if (allowed === true) return
    if (typeof allowed === 'object' && allowed !== null)
      throw new Refusal(allowed.status, 'you are not authorized', allowed.headers)
    throw new Refusal(403, 'you are not authorized')
  }

  /** The error for the viewer. Other errors than those of this library may reveal too much. */
  #refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    if (isRpcError(error)) return new Refusal(502, boundedText(error.message, 1_000))
    try {
      this.#settings.onError(error instanceof Error ? error : new Error('the dashboard failed', { cause: error }))
    } catch {
      // The client is gone.
    }
    return new Refusal(500, 'the dashboard failed: see its log')
  }
}

function notFound(): Refusal {
  return new Refusal(404, 'there is nothing here')
}
