import type { Client } from '../client.ts'
import { subcommandArity } from '../errors.ts'
import { OK, type Reply } from '../resp/value.ts'
import type { Command } from './command.ts'
import { helpReply } from './help.ts'

/** Not a container of subcommands: Redis has no facts of what follows, and words its errors as those of DEBUG. */
/** @see https://redis.io/docs/latest/commands/debug/ */
export const debug: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'debug',
  arity: -2,
  group: 'server',
  since: '1.0.0',
  summary: 'A container for debugging commands',
  complexity: 'Depends on subcommand.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run(client, argv) {
    const word = argv[1].toUpperCase()
    if (word === 'SLEEP' && argv.length === 3) return sleep(client, Number.parseFloat(argv[2]!) || 0)
    if (word === 'SET-ACTIVE-EXPIRE' && argv.length === 3) {
      if (Number.parseInt(argv[2]!, 10) === 0 || Number.isNaN(Number.parseInt(argv[2]!, 10))) client.engine.sweep.stop()
      else client.engine.sweep.start()
      return OK
    }
    if (word === 'HELP' && argv.length === 2) return helpReply('DEBUG', HELP)
    throw subcommandArity('DEBUG', argv[1])
  },
}

/** Answers nobody for a while. Redis sleeps; here the process has other things to do meanwhile. */
function sleep(client: Client, seconds: number): Reply {
  const until = client.engine.now + Math.max(0, Math.round(seconds * 1000))
  if (client.mayNotBlock || until === client.engine.now) return OK
  client.engine.pause.begin('all', until)
  return client.block({ keys: [], until, timeoutReply: OK, serve: () => undefined })
}

const HELP = `
SLEEP <seconds>
    Stop the server for <seconds>. Decimals allowed.
SET-ACTIVE-EXPIRE <0|1>
    Setting it to 0 disables expiring keys (and hash-fields) in background
    when they are not accessed (otherwise the Redis behavior). Setting it
    to 1 reenables back the default.
`
