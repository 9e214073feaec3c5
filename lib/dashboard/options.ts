import type { IncomingMessage } from 'node:http'
import { InvalidOptionError } from '../errors.ts'
import { callback, flag, knownOptions, milliseconds, wholeNumber } from '../util/options.ts'
import { checkSecret, type SecretOption } from '../wire/signature.ts'
import { hostName } from './admission.ts'

/** What a request to the dashboard is for. */
export interface DashboardRequest {
  readonly request: IncomingMessage
  /** `read` for the page and all that it shows; the others change something and reach {@link DashboardOptions.authorize} only with `write`. */
  readonly action: DashboardAction
  /** The service, queue or cache that the action is for; undefined for `read`. */
  readonly name: string | undefined
}

/** What can be done in the dashboard: `read`, or one of what needs {@link DashboardOptions.write}. */
export type DashboardAction = 'read' | 'call' | 'replay' | 'remove' | 'drain' | 'cache-delete'

/** Says no in another way than by status 403. */
export interface DashboardRefusal {
  /** 401, say, with a `www-authenticate` header among the headers. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Options of {@link dashboard}. */
export interface DashboardOptions extends SecretOption {
  /** The path that the dashboard is mounted at, such as `/admin/rpc`. @defaultValue '' (the root) */
  readonly basePath?: string
  /**
   * Decides on each request; also on a stream of updates, which is asked for again every ten minutes. `false` is answered with 403. What it throws is answered with 500 and given
   * to `onError`. @defaultValue everyone who reaches the server may read, and may change what `write` allows
   */
  readonly authorize?: (asked: DashboardRequest) => boolean | DashboardRefusal | Promise<boolean | DashboardRefusal>
  /** Lets viewers call methods, replay and delete tasks, and delete entries of caches. @defaultValue false */
  readonly write?: boolean
  /**
   * Names under which browsers may reach the dashboard, without ports; `localhost` and addresses always may. Other names are refused, since any site
   * can let a name of its own lead to this server. @defaultValue []
   */
  readonly allowedHosts?: readonly string[]
  /** How often what is on a viewer's screen is read from Redis, in ms. All viewers of one thing share what is read. @defaultValue 2000 */
  readonly refreshMs?: number
  /** How many streams of updates there may be at once; further viewers get status 503. @defaultValue 100 */
  readonly maxViewers?: number
  /** Told of failures that no viewer can be told of. @defaultValue does nothing */
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
