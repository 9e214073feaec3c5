import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { parseRedisUrl } from '../../link/redis-url.ts'

/** Where one server is. */
export interface RedisPlace {
  readonly host: string
  readonly port: number
  /** Path of a Unix socket, used instead of host and port. */
  readonly path: string | undefined
  /** Undefined: no TLS. */
  readonly tls: ConnectionOptions | undefined
}

/** Sentinels, and the name of the master to ask them for. */
export interface Sentinels {
  readonly name: string
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly user: string | undefined
  readonly password: string | undefined
}

/** What a URL contains. */
export interface UrlPlace extends Partial<RedisPlace> {
  readonly sentinels?: Sentinels
  readonly user?: string
  readonly password?: string
  readonly db?: number
}

/**
 * Parses any URL that this library accepts. Of a Cluster, the first node is used.
 * @throws InvalidOptionError
 */
export function placeInUrl(url: string): UrlPlace {
  const { options, nodes, isTls } = parseRedisUrl(url)
  const { host, port, path, username, password, db, name = '', sentinels, sentinelUsername, sentinelPassword } = options
  const first = nodes?.[0] ?? { host, port }
  return {
    ...(first.host !== undefined && { host: first.host }),
    ...(first.port !== undefined && { port: first.port }),
    ...(path != null && { path }),
    ...(isTls && { tls: {} }),
    // A URL without a user name means the default user, for all clients but redis-cli.
    ...(username && { user: username }),
    ...(password && { password }),
    ...(db !== undefined && { db }),
    ...(sentinels && {
      sentinels: {
        name,
        nodes: sentinels.map((each) => ({ host: String(each.host), port: Number(each.port) })),
        user: sentinelUsername ?? undefined,
        password: sentinelPassword ?? undefined,
      },
    }),
  }
}

/** What the TLS options with a value add to a connection. All but `--sni` take the name of a file. */
export const TLS_OPTIONS: Readonly<Record<string, (value: string) => ConnectionOptions>> = {
  '--cacert': (file) => ({ ca: readFileSync(file) }),
  '--cert': (file) => ({ cert: readFileSync(file) }),
  '--key': (file) => ({ key: readFileSync(file) }),
  '--sni': (servername) => ({ servername }),
}
