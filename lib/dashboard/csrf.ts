/**
 * A token that only the dashboard's own page can send back: it is in a cookie that other sites
 * cannot make a browser send (SameSite) nor read, and in a header that they cannot set. Nothing is
 * kept here, so any process of several behind a proxy can check it.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

const COOKIE = 'redis-object-rpc-csrf'
const HEADER = 'x-csrf-token'
const TOKEN = /^[\w-]{43}$/

/** The token of a browser: the one it has, or a new one. */
export function tokenOf(request: IncomingMessage): string {
  return cookieOf(request) ?? randomBytes(32).toString('base64url')
}

/** The Set-Cookie header that gives a browser its token. */
export function tokenCookie(token: string, basePath: string): string {
  return `${COOKIE}=${token}; Path=${basePath || '/'}; HttpOnly; SameSite=Strict`
}

/** @throws Refusal when the request does not carry the token of its cookie */
export function checkToken(request: IncomingMessage): void {
  const cookie = cookieOf(request)
  const header = request.headers[HEADER]
  const isSame =
    cookie !== undefined &&
    typeof header === 'string' &&
    TOKEN.test(header) &&
    timingSafeEqual(Buffer.from(cookie), Buffer.from(header))
  if (!isSame) throw new Refusal(403, 'the CSRF token is missing or wrong: reload the page')
}

function cookieOf(request: IncomingMessage): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  const value = pairs.find(([name]) => name === COOKIE)?.[1]
  return value !== undefined && TOKEN.test(value) ? value : undefined
}
