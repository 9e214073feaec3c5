import type { ServerResponse } from 'node:http'
import type { Refusal } from './refusal.ts'

/**
 * What every response carries. The page needs nothing but its own files, and nothing may run in it
 * or frame it.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

type Headers = Readonly<Record<string, string>>

export function begin(response: ServerResponse, status: number, headers: Headers): void {
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers })
}

/** A whole response, unless its client has gone. */
export function send(response: ServerResponse, status: number, body: string | Buffer, headers: Headers): void {
  if (response.headersSent || response.destroyed) return
  begin(response, status, { 'content-length': String(Buffer.byteLength(body)), ...headers })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/** A whole response of JSON text. */
export function sendJson(response: ServerResponse, json: string, headers: Headers = {}): void {
  send(response, 200, json, { 'content-type': 'application/json; charset=utf-8', ...headers })
}

/** Says why a request was not granted. */
export function sendRefusal(response: ServerResponse, { status, message, headers }: Refusal): void {
  const json = JSON.stringify({ error: message })
  // What is left of its body is not read.
  send(response, status, json, { 'content-type': 'application/json; charset=utf-8', connection: 'close', ...headers })
}
