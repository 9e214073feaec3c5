import type { RedisOptions } from 'ioredis'
import { InvalidOptionError } from '../errors.ts'

/** A node of a cluster. */
export interface NodeAddress {
  readonly host: string
  readonly port: number
}

export interface UrlAddress {
  readonly options: RedisOptions
  /** Nodes of a cluster; undefined: not a cluster. */
  readonly nodes?: readonly NodeAddress[]
  readonly isTls: boolean
  /** For messages: never a password. */
  readonly description: string
}

interface Parts {
  readonly scheme: string
  readonly userinfo: string | undefined
  readonly hosts: string
  readonly path: string
  readonly query: URLSearchParams
}

/** The problem with a URL, without any part of it. */
class Malformed extends Error {}

const ACCEPTED =
  'a URL as redis://host:6379/0, redis-cluster://h1,h2, redis-sentinel://h1,h2/main (rediss… for TLS) or unix:///path'
const REDIS_PORT = 6_379
const SENTINEL_PORT = 26_379
/** Options whose values are always strings. */
const TEXTS: ReadonlySet<string> = new Set([
  'clientInfoTag',
  'connectionName',
  'host',
  'keyPrefix',
  'name',
  'password',
  'path',
  'sentinelPassword',
  'sentinelUsername',
  'username',
])

/**
 * Reads `redis://`, `redis-cluster://`, `redis-sentinel://` (also as `rediss…`, with TLS, and as
 * `valkey…`), `unix://`, and the other forms that ioredis accepts: `host:port`, a port, the path of
 * a socket. Names in the query are ioredis options.
 *
 * User and password are those of Redis; those of Sentinel are `sentinelUsername` and
 * `sentinelPassword` in the query.
 *
 * @throws InvalidOptionError that shows only the scheme of the URL
 */
export function parseRedisUrl(given: string): UrlAddress {
  const text = withScheme(given.trim())
  const scheme = text.slice(0, text.indexOf('://')).toLowerCase()
  try {
    return read(split(scheme, text.slice(scheme.length + 3)))
  } catch (error) {
    throw new InvalidOptionError('redis', `${ACCEPTED} (${(error as Malformed).message})`, `${scheme}://…`)
  }
}

function withScheme(text: string): string {
  if (text.startsWith('//')) return `redis:${text}`
  if (text.startsWith('/')) return `unix://${text}`
  if (/^\d+$/.test(text)) return `redis://localhost:${text}`
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `redis://${text}`
}

function split(scheme: string, rest: string): Parts {
  const [, authority = '', path = '', query = ''] = /^([^/?#]*)([^?#]*)(?:\?([^#]*))?/s.exec(rest) as RegExpExecArray
  const at = authority.lastIndexOf('@')
  return {
    scheme,
    userinfo: at < 0 ? undefined : authority.slice(0, at),
    hosts: authority.slice(at + 1),
    path,
    query: new URLSearchParams(query),
  }
}

function read(parts: Parts): UrlAddress {
  const { scheme, hosts, path } = parts
  const options: RedisOptions = { ...optionsOf(parts.query), ...credentialsOf(parts.userinfo) }
  if (scheme === 'unix') {
    // The apparent host is the first part of the path.
    const file = `/${decode(`${hosts}${path}`).replace(/^\/+/, '')}`
    return { options: { ...options, path: file }, isTls: false, description: `unix://${file}` }
  }
  const [known, tls, kind] = /^(?:redis|valkey)(s)?(?:-(cluster|sentinel))?$/.exec(scheme) ?? []
  if (known === undefined) throw new Malformed('its scheme is none of these')
  const description = `${scheme}://${hosts}${path}`
  const isTls = tls !== undefined
  if (kind === 'cluster') {
    return { options: { ...options, ...databaseOf(path) }, nodes: nodesOf(hosts, REDIS_PORT), isTls, description }
  }
  if (kind === 'sentinel') {
    const name = decode(path.slice(1)) || options.name
    if (!name || name.includes('/')) throw new Malformed('its path is not the name of a master')
    return { options: { ...options, name, sentinels: nodesOf(hosts, SENTINEL_PORT) }, isTls, description }
  }
  if (hosts.includes(',')) throw new Malformed(`several hosts need ${scheme}-cluster:// or ${scheme}-sentinel://`)
  const [node] = hosts === '' ? [] : nodesOf(hosts, options.port ?? REDIS_PORT)
  return { options: { ...options, ...node, ...databaseOf(path) }, isTls, description }
}

function nodesOf(hosts: string, defaultPort: number): NodeAddress[] {
  return hosts.split(',').map((each) => {
    const [, v6, name, port] = /^(?:\[([\da-f:.]+)\]|([^\s:[\]%<>^|\\]+))(?::(\d{1,5}))?$/i.exec(each) ?? []
    const host = v6 ?? name
    if (host === undefined)
      throw new Malformed('a host or port in it cannot be read; encode special characters in a password')
    const number = port === undefined ? defaultPort : Number(port)
    if (number < 1 || number > 65_535) throw new Malformed('its port is not from 1 to 65535')
    return { host, port: number }
  })
}

function databaseOf(path: string): { db?: number } {
  if (path === '' || path === '/') return {}
  if (!/^\/\d+$/.test(path)) throw new Malformed('its path is not the number of a database')
  return { db: Number(path.slice(1)) }
}

function credentialsOf(userinfo: string | undefined): RedisOptions {
  if (userinfo === undefined) return {}
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/s.exec(userinfo) as RegExpExecArray
  return { username: decode(username), password: decode(password) }
}

function optionsOf(query: URLSearchParams): RedisOptions {
  return Object.fromEntries([...query].map(([name, value]) => [name, TEXTS.has(name) ? value : literal(value)]))
}

function literal(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d+$/.test(text) ? Number(text) : text
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Malformed('a % in it does not begin a character code')
  }
}
