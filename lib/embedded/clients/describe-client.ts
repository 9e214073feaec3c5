import type { Client } from './client.ts'

/** A client as CLIENT LIST shows it. */
export function describeClient(client: Client): string {
  const { engine, transport, transaction, subscriptions } = client
  const age = (since: number): number => Math.max(0, Math.floor((engine.now - since) / 1000))
  const facts: readonly (readonly [name: string, value: string | number])[] = [
    ['id', client.id],
    ['addr', transport?.address ?? ''],
    ['laddr', transport?.localAddress ?? ''],
    ['fd', transport?.descriptor ?? -1],
    ['name', client.name],
    ['age', age(client.createdAt)],
    ['idle', age(client.lastUsedAt)],
    ['flags', flags(client)],
    ['db', client.db.index],
    ['sub', subscriptions.channel.size],
    ['psub', subscriptions.pattern.size],
    ['ssub', subscriptions.shard.size],
    ['multi', transaction.open ? transaction.queue.length : -1],
    ['qbuf', requestBytes(client) + (transport?.unreadBytes ?? 0)],
    ['qbuf-free', 0],
    ['argv-mem', client.request?.reduce((sum, word) => sum + word.length, 0) ?? 0],
    ['multi-mem', 0],
    ['rbs', 0],
    ['rbp', 0],
    ['obl', client.output.length],
    ['oll', 0],
    ['omem', transport?.unsentBytes ?? 0],
    ['tot-mem', client.output.length + (transport?.unsentBytes ?? 0) + (transport?.unreadBytes ?? 0)],
    ['events', 'r'],
    ['cmd', client.lastCommand],
    ['user', 'default'],
    ['redir', -1],
    ['resp', client.protocol],
    ['lib-name', client.libraryName],
    ['lib-ver', client.libraryVersion],
  ]
  return facts.map(([name, value]) => `${name}=${value}`).join(' ')
}

/** The bytes of the current request, as most clients encode it. */
function requestBytes({ request }: Client): number {
  if (request === undefined) return 0
  const head = `*${request.length}\r\n`.length
  return request.reduce((sum, word) => sum + `$${word.length}\r\n`.length + word.length + 2, head)
}

function flags(client: Client): string {
  let letters = ''
  if (client.monitoring) letters += 'O'
  if (client.isSubscriber) letters += 'P'
  if (client.transaction.open) letters += 'x'
  if (client.waiter !== undefined || client.postponed !== undefined) letters += 'b'
  if (client.transaction.touched) letters += 'd'
  if (client.closing) letters += 'c'
  if (client.noEvict) letters += 'e'
  if (client.noTouch) letters += 'T'
  return letters === '' ? 'N' : letters
}
