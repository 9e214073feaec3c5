import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, BlockList, isIP } from 'node:net'
import { InvalidOptionError } from '../errors.ts'
import type { RedisSource } from '../link/source.ts'
import { nonEmptyString, wholeNumber } from '../util/options.ts'
import { type Dashboard, dashboard } from './dashboard.ts'
import type { DashboardOptions, DashboardRefusal, DashboardRequest } from './options.ts'

/** Options of {@link serveDashboard}. */
export interface ServeDashboardOptions extends DashboardOptions {
  /** The port to listen on; 0: a free one. @defaultValue 8080 */
  readonly port?: number
  /**
   * The address to listen on. An address other than loopback needs `password` or `authorize`.
   * @defaultValue '127.0.0.1'
   */
  readonly host?: string
  /**
   * The password for HTTP Basic authentication, with any user name. Use a TLS proxy if the
   * dashboard is reachable from other machines.
   * @defaultValue no password
   */
  readonly password?: string
}

/** A running dashboard. */
export interface RunningDashboard extends AsyncDisposable {
  /** Its URL: `http://127.0.0.1:8080/` and the base path. */
  readonly url: string
  readonly port: number
  /**
   * Stops listening, ends all connections and disconnects from Redis; a second call returns the
   * first promise.
   */
  close(): Promise<void>
}

/** How many connections may be open in addition to streams of updates. */
const MORE_CONNECTIONS = 200

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Serves a {@link dashboard} with its own HTTP server.
 * @throws InvalidOptionError, or Node's error if it cannot listen, such as `EADDRINUSE`
 *
 * @example
 * ```ts
 * const running = await serveDashboard('redis://localhost', { port: 8080 })
 * console.log(running.url)
 * await running.close()
 * ```
 */
export async function serveDashboard(
  redis: RedisSource,
  { port: wanted, host: given, password, ...options }: ServeDashboardOptions = {},
): Promise<RunningDashboard> {
  const port = wholeNumber('port', wanted, 8_080, 0, 65_535)
  const host = nonEmptyString('host', given ?? '127.0.0.1')
  if (password !== undefined) nonEmptyString('password', password)
  if (!isLoopback(host) && password === undefined && options.authorize === undefined)
    throw new InvalidOptionError(
      'host',
      'an address of this machine alone, unless there is a password or authorize',
      host,
    )
  const handler = dashboard(redis, password === undefined ? options : withPassword(password, options))
  const server = createServer(handler)
  server.maxConnections = (options.maxViewers ?? 100) + MORE_CONNECTIONS
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    await handler.close()
    throw error
  }
  return running(server, host, options.basePath ?? '', handler)
}

function running(server: Server, host: string, basePath: string, handler: Dashboard): RunningDashboard {
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await handler.close()
    server.closeAllConnections()
    await closed
  }
  let closing: Promise<void> | undefined
  const closeOnce = (): Promise<void> => {
    closing ??= close()
    return closing
  }
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}${basePath.replace(/\/$/, '')}/`,
    port,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  }
}

function isLoopback(host: string): boolean {
  const family = isIP(host)
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'))
}

function withPassword(password: string, { authorize, ...options }: DashboardOptions): DashboardOptions {
  const expected = digest(password)
  const refusal: DashboardRefusal = { status: 401, headers: { 'www-authenticate': 'Basic realm="redis-object-rpc"' } }
  return {
    ...options,
    authorize: (asked: DashboardRequest) => {
      const [, encoded = ''] = /^basic ([\w+/=]+)$/i.exec(asked.request.headers.authorization ?? '') ?? []
      const [, given = ''] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s)
      if (!timingSafeEqual(digest(given), expected)) return refusal
      return authorize?.(asked) ?? true
    },
  }
}

/** Digests have equal lengths, as a comparison in constant time requires. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
