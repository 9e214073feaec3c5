import type { IncomingMessage } from 'node:http'
import { isRecord } from '../util/is-object.ts'
import { Refusal } from './refusal.ts'

/** How large a request's body may be: the arguments of a call are in it. */
const MOST_BYTES = 1024 * 1024

/**
 * The JSON object in a request's body. What a framework has parsed already is taken as it is.
 * @throws Refusal
 */
export async function readBody(request: IncomingMessage & { readonly body?: unknown }): Promise<object> {
  // What only a form could have sent needs no permission of the browser's to cross origins.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'the body must be application/json')
  const body = isRecord(request.body) ? request.body : parse(await readText(request))
  if (!isRecord(body)) throw new Refusal(400, 'the body must be a JSON object')
  return body
}

async function readText(request: IncomingMessage): Promise<string> {
  if (request.readableEnded)
    throw new Refusal(500, 'the body was read before the dashboard saw it: mount it before what reads bodies')
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MOST_BYTES) throw new Refusal(413, `the body must not be larger than ${MOST_BYTES} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'the body did not arrive')
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'the body is not JSON')
  }
}
