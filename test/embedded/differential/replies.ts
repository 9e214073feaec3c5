import { replyEnd } from '../helpers/raw-client.ts'

/**
 * How far two servers must agree in a reply: to the byte; but for the order of the elements of an array (or of pairs,
 * or of the elements a scan has found); or only in how many there are.
 */
export type Agreement = 'exact' | 'unordered' | 'unordered pairs' | 'scan' | 'scan pairs' | 'size'

/** The part of a raw reply in which two servers must agree. */
export function comparable(reply: string, agreement: Agreement): string {
  if (agreement === 'exact' || !'*~%'.includes(reply[0]!)) {
    return agreement === 'size' && reply[0] === '$' && reply[1] !== '-' ? '$' : reply
  }
  if (agreement === 'size') return head(reply)
  const items = elements(reply)
  if (agreement === 'unordered') return head(reply) + items.sort().join('')
  if (agreement === 'unordered pairs') return head(reply) + pairs(items).sort().join('')
  const found = elements(items[1]!)
  const units = agreement === 'scan' ? found : pairs(found)
  return head(reply) + items[0] + head(items[1]!) + units.sort().join('')
}

function pairs(items: readonly string[]): string[] {
  return items.flatMap((item, i) => (i % 2 === 0 ? item + items[i + 1] : []))
}

function head(reply: string): string {
  return reply.slice(0, reply.indexOf('\r\n') + 2)
}

/** The replies that an array or set consists of. */
export function elements(reply: string): string[] {
  const items: string[] = []
  for (let at = head(reply).length; at < reply.length; ) {
    const end = replyEnd(reply, at)
    items.push(reply.slice(at, end))
    at = end
  }
  return items
}
