import { parseMemory } from '../config/parameter-kinds.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { noteDuration } from '../engine/durations.ts'
import { subcommandArity } from '../errors.ts'
import { ErrorReply, OK, type Reply } from '../resp/value.ts'
import {
  digest,
  digestValues,
  populate,
  reload,
  setActiveExpiry,
  showListpack,
  showObject,
  showQuicklist,
} from './debug-data.ts'
import { protocolSample } from './debug-protocol.ts'
import { helpReply } from './help.ts'

/**
 * Not a container of subcommands: Redis describes none of them, and words their errors as those of
 * DEBUG.
 */
/** @see https://redis.io/docs/latest/commands/debug/ */
export const debug: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'debug',
  arity: -2,
  group: 'server',
  since: '1.0.0',
  summary: 'A container for debugging commands',
  complexity: 'Depends on subcommand.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run(client, [, word, ...args]) {
    const subcommand = SUBCOMMANDS[word.toUpperCase()]
    const [least, most] = subcommand?.arguments ?? [0, 0]
    if (subcommand === undefined || args.length < least || args.length > most) throw subcommandArity('DEBUG', word)
    return subcommand.run(client, args)
  },
}

interface Subcommand {
  /** The least and the greatest number of arguments. */
  readonly arguments: readonly [least: number, most: number]
  run(client: Caller, args: readonly string[]): Reply
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = Object.assign(Object.create(null), {
  DIGEST: { arguments: [0, 0], run: digest },
  'DIGEST-VALUE': { arguments: [0, Infinity], run: digestValues },
  ERROR: {
    arguments: [1, 1],
    run(_client, [text]) {
      throw new ErrorReply(text!)
    },
  },
  HELP: { arguments: [0, 0], run: () => helpReply('DEBUG', HELP) },
  LISTPACK: { arguments: [1, 1], run: (client, [key]) => showListpack(client, key!) },
  // The data in memory is what loading the file would give, as long as this server wrote the file.
  LOADAOF: { arguments: [0, 0], run: reload },
  LOG: {
    arguments: [1, 1],
    run({ engine }, [text]) {
      engine.log('warning', `DEBUG LOG: ${text}`)
      return OK
    },
  },
  OBJECT: { arguments: [1, 1], run: (client, [key]) => showObject(client, key!) },
  // This server has no periodic job, and does not store lists in nodes.
  'PAUSE-CRON': { arguments: [1, 1], run: () => OK },
  POPULATE: { arguments: [1, 3], run: populate },
  PROTOCOL: { arguments: [1, 1], run: (client, [type]) => protocolSample(client, type!) },
  QUICKLIST: { arguments: [1, 2], run: (client, [key]) => showQuicklist(client, key!) },
  'QUICKLIST-PACKED-THRESHOLD': {
    arguments: [1, 1],
    run(_client, [size]) {
      if ((parseMemory(size!) ?? Infinity) <= MOST_THRESHOLD) return OK
      throw new ErrorReply('ERR argument must be a memory value bigger than 1 and smaller than 4gb')
    },
  },
  RELOAD: {
    arguments: [0, 3],
    run(client, options) {
      if (options.every((option) => RELOAD_OPTIONS.has(option.toUpperCase()))) return reload(client)
      throw new ErrorReply('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.')
    },
  },
  'SET-ACTIVE-EXPIRE': {
    arguments: [1, 1],
    run: ({ engine }, [flag]) => setActiveExpiry(engine, (Number.parseInt(flag!, 10) || 0) !== 0),
  },
  SLEEP: { arguments: [1, 1], run: (client, [seconds]) => sleep(client, seconds!) },
} satisfies Record<string, Subcommand>)

const MOST_THRESHOLD = 2 ** 32
const RELOAD_OPTIONS: ReadonlySet<string> = new Set(['MERGE', 'NOFLUSH', 'NOSAVE'])

/**
 * Lets all clients wait for a while. Redis sleeps, but this process has other work to do meanwhile.
 */
function sleep(client: Caller, text: string): Reply {
  const { engine } = client
  const ms = Math.max(0, Math.round((Number.parseFloat(text) || 0) * 1000))
  const until = engine.now + ms
  if (client.mayNotBlock || ms === 0) return OK
  engine.pause.begin('all', until)
  // Recorded with its intended duration: nobody can ask for it before it is over.
  noteDuration(client, engine.commands.get('debug')!, ['DEBUG', 'SLEEP', text], ms * 1000)
  return client.block({ keys: [], until, timeoutReply: OK, serve: () => undefined })
}

const HELP = `
DIGEST
    Output a hex signature representing the current DB content.
DIGEST-VALUE <key> [<key> ...]
    Output a hex signature of the values of all the specified keys.
ERROR <string>
    Return a Redis protocol error with <string> as message. Useful for clients
    unit tests to simulate Redis errors.
LOG <message>
    Write <message> to the server log.
LOADAOF
    Read every value anew, as if from a file.
OBJECT <key>
    Show low level info about \`key\` and associated value.
POPULATE <count> [<prefix>] [<size>]
    Create <count> string keys named key:<num>. If <prefix> is specified then
    it is used instead of the 'key' prefix.
PROTOCOL <type>
    Reply with a test value of the specified type. <type> can be: string,
    integer, double, bignum, null, array, set, map, attrib, push, verbatim,
    true, false.
RELOAD [option ...]
    Read every value anew, as if from a file.
SET-ACTIVE-EXPIRE <0|1>
    Setting it to 0 disables expiring keys (and hash-fields) in background
    when they are not accessed (otherwise the Redis behavior). Setting it
    to 1 reenables back the default.
SLEEP <seconds>
    Stop the server for <seconds>. Decimals allowed.
`
