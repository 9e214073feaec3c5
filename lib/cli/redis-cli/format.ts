import { quote } from '../../embedded/text/arguments.ts'
import type { RespReply } from './reply.ts'

const EMPTY = { array: '(empty array)', map: '(empty hash)', set: '(empty set)', push: '(empty push)' } as const
const SEPARATOR = { array: ')', map: '#', set: '~', push: ')' } as const

/**
 * A reply for people, as redis-cli shows it on a terminal, with a line feed at its end.
 * @param indent - goes before every line but the first
 */
export function formatForPeople(reply: RespReply, indent = ''): string {
  switch (reply.kind) {
    case 'status':
    case 'verbatim':
    case 'big number':
      return `${reply.text}\n`
    case 'string':
      return `${quote(reply.text)}\n`
    case 'nil':
      return '(nil)\n'
    case 'boolean':
      return reply.value ? '(true)\n' : '(false)\n'
    case 'error':
    case 'integer':
    case 'double':
      return `(${reply.kind}) ${reply.text}\n`
    default:
      return formatItems(reply.kind, reply.items, indent)
  }
}

function formatItems(kind: keyof typeof EMPTY, items: readonly RespReply[], indent: string): string {
  if (items.length === 0) return `${EMPTY[kind]}\n`
  const step = kind === 'map' ? 2 : 1
  const width = String(items.length / step).length
  const deeper = indent + ' '.repeat(width + 2)
  let text = ''
  for (let i = 0; i < items.length; i += step) {
    text += `${i === 0 ? '' : indent}${String(i / step + 1).padStart(width)}${SEPARATOR[kind]} `
    const first = formatForPeople(items[i]!, deeper)
    text += kind === 'map' ? `${first.slice(0, -1)} => ${formatValue(items[i + 1]!, deeper)}` : first
  }
  return text
}

/** The value of a map, which begins on a line of its own if it has several elements, or its only element has. */
function formatValue(reply: RespReply, indent: string): string {
  const text = formatForPeople(reply, indent)
  return hasSeveral(reply) ? `\n${indent}${text}` : text
}

function hasSeveral(reply: RespReply): boolean {
  if (!('items' in reply)) return false
  if (reply.items.length > (reply.kind === 'map' ? 2 : 1)) return true
  // Of a map's only pair, redis-cli looks at the value.
  const last = reply.items.at(-1)
  return last !== undefined && hasSeveral(last)
}

/** A reply as bytes for other programs, as redis-cli writes it into a pipe, without the line feed at its end. */
export function formatRaw(reply: RespReply): string {
  switch (reply.kind) {
    case 'nil':
      return ''
    case 'boolean':
      return reply.value ? '(true)' : '(false)'
    case 'error':
      return `${reply.text}\n`
    case 'map': {
      const pairs: string[] = []
      for (let i = 0; i < reply.items.length; i += 2) {
        pairs.push(`${formatRaw(reply.items[i]!)} ${formatRaw(reply.items[i + 1]!)}`)
      }
      return pairs.join('\n')
    }
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(formatRaw).join('\n')
    default:
      return reply.text
  }
}

/** Commands whose reply is printed raw even on a terminal, by their first words. */
const SHOWN_RAW: readonly string[] = [
  'info',
  'lolwut',
  'debug htstats',
  'debug htstats-key',
  'debug client-eviction',
  'memory malloc-stats',
  'memory doctor',
  'cluster nodes',
  'cluster info',
  'client list',
  'client info',
  'latency graph',
  'latency doctor',
  'proxy info',
]

/** Whether a command's reply is printed raw even on a terminal. */
export function isShownRaw(argv: readonly string[]): boolean {
  const [name = '', sub = ''] = argv.map((word) => word.toLowerCase())
  return SHOWN_RAW.includes(name) || SHOWN_RAW.includes(`${name} ${sub}`)
}
