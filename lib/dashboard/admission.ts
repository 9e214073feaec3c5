/**
 * Which requests come in at all, before anybody asks who sends them. A page of another site can
 * make a browser send requests here, and can even have its own name resolve to this machine (DNS
 * rebinding); it cannot choose the headers that are checked here.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Refusal } from './refusal.ts'

/**
 * A host of a Host header or an origin: a name, an IPv4 address or an IPv6 address in brackets, and
 * perhaps a port.
 */
const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i

/**
 * Whether a Host header names this server: by an address, as localhost, or by one of the allowed
 * names. A name that another site made resolve to this machine is none of these.
 */
export function isKnownHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = hostName(host)
  if (name === undefined) return false
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || allowedHosts.includes(name)
}

/** The name or address in a Host header, without port and brackets, in lower case; undefined when it is none. */
export function hostName(host: string): string | undefined {
  return HOST.exec(host)?.[1]
    ?.replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}

/** @throws Refusal when the request was made by another site, or under a name that is not known */
export function checkAdmission(request: IncomingMessage, allowedHosts: readonly string[]): void {
  const { headers } = request
  const host = headers.host ?? String(headers[':authority'] ?? '')
  if (!isKnownHost(host, allowedHosts))
    throw new Refusal(421, `the host ${host.slice(0, 100)} is not one of the dashboard's: add it to allowedHosts`)
  if (headers.origin !== undefined && !isOriginOf(headers.origin, host))
    throw new Refusal(403, 'requests from pages of another origin are refused')
  const site = headers['sec-fetch-site']
  const isNavigation = request.method === 'GET' && headers['sec-fetch-mode'] === 'navigate'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation)
    throw new Refusal(403, 'requests from pages of another site are refused')
}

/** The scheme does not count: a proxy may have taken TLS off. */
function isOriginOf(origin: string, host: string): boolean {
  const [scheme, rest] = origin.split('://')
  return (scheme === 'http' || scheme === 'https') && rest?.toLowerCase() === host.toLowerCase()
}
