import { describeClient } from '../clients/describe-client.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR, subcommandArity } from '../errors.ts'
import { ErrorReply, NO_REPLY, OK, VerbatimReply } from '../resp/value.ts'
import { parseInteger } from '../text/numbers.ts'
import { clientKill, clientList, clientUnblock } from './client-others.ts'
import { checkName } from './connection.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/client-id/ */
export const clientId: Command<[subcommand: string]> = {
  name: 'id',
  arity: 2,
  group: 'connection',
  since: '5.0.0',
  summary: 'Returns the client ID for the current connection',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: (client) => client.id,
}

/** @see https://redis.io/docs/latest/commands/client-info/ */
export const clientInfo: Command<[subcommand: string]> = {
  name: 'info',
  arity: 2,
  group: 'connection',
  since: '6.2.0',
  summary: 'Returns information about the current client connection.',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output'],
  run: (client) => new VerbatimReply(`${describeClient(client)}\n`),
}

/** @see https://redis.io/docs/latest/commands/client-getname/ */
export const clientGetname: Command<[subcommand: string]> = {
  name: 'getname',
  arity: 2,
  group: 'connection',
  since: '2.6.9',
  summary: 'Get the current connection name',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: (client) => (client.name === '' ? null : client.name),
}

/** @see https://redis.io/docs/latest/commands/client-setname/ */
export const clientSetname: Command<[subcommand: string, name: string]> = {
  name: 'setname',
  arity: 3,
  group: 'connection',
  since: '2.6.9',
  summary: 'Set the current connection name',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run(client, argv) {
    checkName(argv[2])
    client.name = argv[2]
    return OK
  },
}

/**
 * Since Redis 7.2, but every client sends it when it connects.
 * @see https://redis.io/docs/latest/commands/client-setinfo/
 */
export const clientSetinfo: Command<[subcommand: string, attribute: string, value: string]> = {
  name: 'setinfo',
  arity: 4,
  group: 'connection',
  since: '7.2.0',
  summary: 'Set client or connection specific info',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run(client, [, , attribute, value]) {
    const word = attribute.toLowerCase()
    if (word !== 'lib-name' && word !== 'lib-ver') throw new ErrorReply(`ERR Unrecognized option '${attribute}'`)
    checkName(value, new ErrorReply(`ERR ${word} cannot contain spaces, newlines or special characters.`))
    if (word === 'lib-name') client.libraryName = value
    else client.libraryVersion = value
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/client-reply/ */
export const clientReply: Command<[subcommand: string, mode: string]> = {
  name: 'reply',
  arity: 3,
  group: 'connection',
  since: '3.2.0',
  summary: 'Instruct the server whether to reply to commands',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run(client, [, , mode]) {
    const word = mode.toUpperCase()
    if (word === 'ON') {
      client.heldBack.all = false
      client.heldBack.this = false
      return OK
    }
    if (word === 'OFF') client.heldBack.all = true
    else if (word !== 'SKIP') throw SYNTAX_ERROR
    else if (!client.heldBack.all) client.heldBack.next = true
    return NO_REPLY
  },
}

/** @see https://redis.io/docs/latest/commands/client-no-evict/ */
export const clientNoEvict: Command<[subcommand: string, enabled: string]> = {
  name: 'no-evict',
  arity: 3,
  group: 'connection',
  since: '7.0.0',
  summary: 'Set client eviction mode for the current connection',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run(client, [, , enabled]) {
    client.noEvict = onOff(enabled)
    return OK
  },
}

/** Since Redis 7.2. @see https://redis.io/docs/latest/commands/client-no-touch/ */
export const clientNoTouch: Command<[subcommand: string, enabled: string]> = {
  name: 'no-touch',
  arity: 3,
  group: 'connection',
  since: '7.2.0',
  summary: 'Controls whether commands sent by the client affect the LRU/LFU of accessed keys',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run(client, [, , enabled]) {
    client.noTouch = onOff(enabled)
    return OK
  },
}

function onOff(text: string): boolean {
  const word = text.toUpperCase()
  if (word !== 'ON' && word !== 'OFF') throw SYNTAX_ERROR
  return word === 'ON'
}

/** @see https://redis.io/docs/latest/commands/client-pause/ */
export const clientPause: Command<[subcommand: string, timeout: string, ...mode: string[]]> = {
  name: 'pause',
  arity: -3,
  group: 'connection',
  since: '2.9.50',
  summary: 'Stop processing commands from clients for some time',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run({ engine }, argv) {
    if (argv.length > 4) throw subcommandArity('CLIENT', argv[1])
    const mode = argv[3]?.toUpperCase() ?? 'ALL'
    if (mode !== 'WRITE' && mode !== 'ALL') throw new ErrorReply('ERR CLIENT PAUSE mode must be WRITE or ALL')
    const timeout = parseInteger(argv[2])
    if (timeout === undefined) throw new ErrorReply('ERR timeout is not an integer or out of range')
    if (timeout < 0) throw new ErrorReply('ERR timeout is negative')
    engine.pause.begin(mode === 'ALL' ? 'all' : 'writes', engine.now + timeout)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/client-unpause/ */
export const clientUnpause: Command<[subcommand: string]> = {
  name: 'unpause',
  arity: 2,
  group: 'connection',
  since: '6.2.0',
  summary: 'Resume processing of clients that were paused',
  complexity: 'O(N) Where N is the number of paused clients',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run({ engine }) {
    engine.pause.end()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/client-getredir/ */
export const clientGetredir: Command<[subcommand: string]> = {
  name: 'getredir',
  arity: 2,
  group: 'connection',
  since: '6.0.0',
  summary: 'Get tracking notifications redirection client ID if any',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: () => -1,
}

/** @see https://redis.io/docs/latest/commands/client-help/ */
export const clientHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'connection',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('CLIENT', HELP),
}

/** @see https://redis.io/docs/latest/commands/client/ */
export const clientContainer: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'client',
  arity: -2,
  group: 'connection',
  since: '2.4.0',
  summary: 'A container for client connection commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [
    clientId,
    clientInfo,
    clientList,
    clientKill,
    clientUnblock,
    clientGetname,
    clientSetname,
    clientSetinfo,
    clientReply,
    clientNoEvict,
    clientNoTouch,
    clientPause,
    clientUnpause,
    clientGetredir,
    clientHelp,
  ],
}

const HELP = `
GETREDIR
    Return the client ID we are redirecting to when tracking is enabled.
GETNAME
    Return the name of the current connection.
ID
    Return the ID of the current connection.
INFO
    Return information about the current client connection.
KILL <ip:port>
    Kill connection made from <ip:port>.
KILL <option> <value> [<option> <value> [...]]
    Kill connections. Options are:
    * ADDR (<ip:port>|<unixsocket>:0)
      Kill connections made from the specified address
    * LADDR (<ip:port>|<unixsocket>:0)
      Kill connections made to specified local address
    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
      Kill connections by type.
    * USER <username>
      Kill connections authenticated by <username>.
    * SKIPME (YES|NO)
      Skip killing current connection (default: yes).
LIST [options ...]
    Return information about client connections. Options:
    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
      Return clients of specified type.
UNPAUSE
    Stop the current client pause, resuming traffic.
PAUSE <timeout> [WRITE|ALL]
    Suspend all, or just write, clients for <timeout> milliseconds.
REPLY (ON|OFF|SKIP)
    Control the replies sent to the current connection.
SETINFO <option> <value>
    Set client meta attr. Options are:
    * LIB-NAME: the client lib name.
    * LIB-VER: the client lib version.
SETNAME <name>
    Assign the name <name> to the current connection.
UNBLOCK <clientid> [TIMEOUT|ERROR]
    Unblock the specified blocked client.
NO-EVICT (ON|OFF)
    Protect current client connection from eviction.
NO-TOUCH (ON|OFF)
    Will not touch LRU/LFU stats when this mode is on.
`
