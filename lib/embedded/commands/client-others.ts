import { describeClient } from '../clients/describe-client.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR, subcommandArity } from '../errors.ts'
import { ErrorReply, OK, type Reply, VerbatimReply } from '../resp/value.ts'
import { parseInteger } from '../text/numbers.ts'
import { integer } from './parse.ts'

/** Which clients a command applies to. */
type Test = (client: Caller) => boolean

const TYPES: Readonly<Record<string, Test>> = {
  normal: (client) => !client.isSubscriber,
  pubsub: (client) => client.isSubscriber,
  master: () => false,
  replica: () => false,
  slave: () => false,
}

function ofType(name: string): Test {
  const test = TYPES[name.toLowerCase()]
  if (test === undefined) throw new ErrorReply(`ERR Unknown client type '${name}'`)
  return test
}

/** @see https://redis.io/docs/latest/commands/client-list/ */
export const clientList: Command<[subcommand: string, ...options: string[]]> = {
  name: 'list',
  arity: -2,
  group: 'connection',
  since: '2.4.0',
  summary: 'Get the list of client connections',
  complexity: 'O(N) where N is the number of client connections',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output'],
  run({ engine }, argv) {
    const clients = [...engine.clients.values()].filter(parseListFilter(argv))
    return new VerbatimReply(clients.map((client) => `${describeClient(client)}\n`).join(''))
  },
}

function parseListFilter(argv: readonly string[]): Test {
  if (argv.length === 2) return () => true
  const word = argv[2]!.toUpperCase()
  if (word === 'TYPE' && argv.length === 4) return ofType(argv[3]!)
  if (word !== 'ID' || argv.length < 4) throw SYNTAX_ERROR
  const ids = new Set(argv.slice(3).map((text) => integer(text, new ErrorReply('ERR Invalid client ID'))))
  return ({ id }) => ids.has(id)
}

/** @see https://redis.io/docs/latest/commands/client-kill/ */
export const clientKill: Command<[subcommand: string, filter: string, ...more: string[]]> = {
  name: 'kill',
  arity: -3,
  group: 'connection',
  since: '2.4.0',
  summary: 'Kill the connection of a client',
  complexity: 'O(N) where N is the number of client connections',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run(client, argv) {
    const oldForm = argv.length === 3
    const tests = oldForm ? [byAddress(argv[2])] : parseKillFilters(argv)
    let skipMe = !oldForm
    const chosen: Test[] = []
    for (const test of tests) {
      if (typeof test === 'boolean') skipMe = test
      else chosen.push(test)
    }
    let killed = 0
    for (const other of [...client.engine.clients.values()]) {
      if ((skipMe && other === client) || !chosen.every((test) => test(other))) continue
      // A client that kills itself gets its reply first.
      if (other === client) client.closing = true
      else other.kill()
      killed++
    }
    if (!oldForm) return killed
    if (killed === 0) throw new ErrorReply('ERR No such client')
    return OK
  },
}

function byAddress(address: string): Test {
  return (client) => client.transport?.address === address
}

/** Reads pairs of filter and value; SKIPME takes a boolean. */
function parseKillFilters(argv: readonly string[]): (Test | boolean)[] {
  const filters: (Test | boolean)[] = []
  for (let i = 2; i < argv.length; i += 2) {
    const word = argv[i]!.toUpperCase()
    const value = argv[i + 1]
    if (value === undefined) throw SYNTAX_ERROR
    if (word === 'ID') {
      const id = parseInteger(value) ?? 0
      if (id < 1) throw new ErrorReply('ERR client-id should be greater than 0')
      filters.push((client) => client.id === id)
    } else if (word === 'TYPE') filters.push(ofType(value))
    else if (word === 'ADDR') filters.push(byAddress(value))
    else if (word === 'LADDR') filters.push((client) => client.transport?.localAddress === value)
    else if (word === 'USER') filters.push(byUser(value))
    else if (word === 'SKIPME') filters.push(yesNo(value))
    else throw SYNTAX_ERROR
  }
  return filters
}

function byUser(name: string): Test {
  if (name !== 'default') throw new ErrorReply(`ERR No such user '${name}'`)
  return (client) => client.authenticated
}

function yesNo(text: string): boolean {
  const word = text.toLowerCase()
  if (word !== 'yes' && word !== 'no') throw SYNTAX_ERROR
  return word === 'yes'
}

/** @see https://redis.io/docs/latest/commands/client-unblock/ */
export const clientUnblock: Command<[subcommand: string, clientId: string, ...reason: string[]]> = {
  name: 'unblock',
  arity: -3,
  group: 'connection',
  since: '5.0.0',
  summary: 'Unblock a client blocked in a blocking command from a different connection',
  complexity: 'O(log N) where N is the number of client connections',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run({ engine }, argv) {
    const reason = argv[3]?.toUpperCase() ?? 'TIMEOUT'
    if (argv.length > 4) throw subcommandArity('CLIENT', argv[1])
    if (reason !== 'TIMEOUT' && reason !== 'ERROR') {
      throw new ErrorReply('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
    }
    const blocked = engine.clients.get(integer(argv[2]))
    if (blocked?.waiter === undefined) return 0
    const reply: Reply =
      reason === 'ERROR' ? new ErrorReply('UNBLOCKED client unblocked via CLIENT UNBLOCK') : blocked.waiter.timeoutReply
    engine.waiters.release(blocked, reply)
    return 1
  },
}
