import type { IncomingMessage } from 'node:http'
import { InvalidOptionError } from '../errors.ts'
import { callback, flag, knownOptions, milliseconds, wholeNumber } from '../util/options.ts'
import { checkSecret, type SecretOption } from '../wire/signature.ts'
import { hostName } from './admission.ts'

/** The purpose of a request to the dashboard. */
export interface DashboardRequest {
  readonly request: IncomingMessage
  /**
   * `read` for the page and everything on it. The other actions change something, and reach
   * {@link DashboardOptions.authorize} only with `write`.
   */
  readonly action: DashboardAction
  /** The service, queue or cache that the action is for; undefined for `read`. */
  readonly name: string | undefined
}

/** An action in the dashboard: `read`, or one that needs {@link DashboardOptions.write}. */
export type DashboardAction = 'read' | 'call' | 'replay' | 'remove' | 'drain' | 'cache-delete'

/** Refuses a request with a status other than 403. */
export interface DashboardRefusal {
  /** For example 401, with a `www-authenticate` header. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Options of {@link dashboard}. */
export interface DashboardOptions extends SecretOption {
  /** The path that the dashboard is mounted at, such as `/admin/rpc`. @defaultValue '' (the root) */
  readonly basePath?: string
  /**
   * Decides about each request, including streams of updates, which are requested again every ten
   * minutes. `false` is answered with 403. If it throws, the answer is 500, and `onError` gets the
   * error.
   * @defaultValue everyone who can reach the server may read, and change what `write` allows
   */
  readonly authorize?: (asked: DashboardRequest) => boolean | DashboardRefusal | Promise<boolean | DashboardRefusal>
  /** Lets viewers call methods, replay and delete tasks, and delete entries of caches. @defaultValue false */
  readonly write?: boolean
  /**
   * Host names under which browsers may reach the dashboard, without ports. `localhost` and
   * addresses are always allowed. Other names are refused, since any site can point its own name to
   * this server.
   * @defaultValue []
   */
  readonly allowedHosts?: readonly string[]
  /**
   * How often the current page is read from Redis, in ms. All viewers of the same page share the
   * result.
   * @defaultValue 2000
   */
  readonly refreshMs?: number
  /**
   * The largest number of simultaneous streams of updates; further viewers get status 503.
   * @defaultValue 100
   */
  readonly maxViewers?: number
  /** Receives errors that cannot be shown to a viewer. @defaultValue does nothing */
  readonly onError?: (error: Error) => void
}

/** {@link DashboardOptions}, checked and with the defaults filled in. */
export type DashboardSettings = Required<Omit<DashboardOptions, 'secret'>> & { readonly signing: SecretOption }

/** @throws InvalidOptionError */
export function checkDashboardOptions(options: DashboardOptions): DashboardSettings {
  checkSecret(options)
  const settings = {
    basePath: checkBasePath(options.basePath ?? ''),
    authorize: callback('authorize', options.authorize, () => true),
    write: flag('write', options.write, false),
    allowedHosts: checkHosts(options.allowedHosts ?? []),
    refreshMs: milliseconds('refreshMs', options.refreshMs, 2_000, 100),
    maxViewers: wholeNumber('maxViewers', options.maxViewers, 100, 1),
    onError: callback('onError', options.onError, () => {}),
  }
  knownOptions(options, [...Object.keys(settings), 'secret'])
  return { ...settings, signing: options.secret === undefined ? {} : { secret: options.secret } }
}

function checkBasePath(path: string): string {
  const isPath = typeof path === 'string' && /^(?:\/[\w.~-]+)*\/?$/.test(path) && !/\/\.\.?(?:\/|$)/.test(path)
  if (!isPath) throw new InvalidOptionError('basePath', "a path such as '/admin/rpc'", path)
  return path.replace(/\/$/, '')
}

function checkHosts(hosts: readonly string[]): readonly string[] {
  const areNames = Array.isArray(hosts) && hosts.every((host) => typeof host === 'string' && hostName(host) === host)
  if (!areNames)
    throw new InvalidOptionError('allowedHosts', 'an array of host names in lower case, without ports', hosts)
  return [...hosts]
}
