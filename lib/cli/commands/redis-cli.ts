import type { RawCommand } from '../raw-command.ts'
import { converse, runScript } from '../redis-cli/dialogue.ts'
import { OptionError, type Options, parseOptions } from '../redis-cli/options.ts'
import { Session, type SessionOutput, toBytes } from '../redis-cli/session.ts'

/** `redis-object-rpc redis-cli`: runs commands on any Redis and shows the replies as redis-cli does. */
export const redisCli: RawCommand = {
  usage: 'redis-object-rpc redis-cli [-u URL] [-h HOST] [-p PORT] [-a PASSWORD] [-n DB] [-3] [--raw] [COMMAND …]',
  options: [
    '-u URL                redis://user:password@host:port/db, rediss:// for TLS, redis-sentinel://…',
    '-h HOST               host of the server (default 127.0.0.1)',
    '-p PORT               its port (default 6379)',
    '-s PATH               its socket',
    '-a PASSWORD           password; the variable REDISCLI_AUTH is safer',
    '--user NAME           user name',
    '--no-auth-warning     do not warn about a password on the command line',
    '-n DB                 number of the database (default 0)',
    '-3                    use RESP3',
    '--tls                 use TLS; options: --cacert, --cert and --key FILE, --sni HOST, --insecure',
    '--raw                 raw replies (default unless the output is a terminal)',
    '--no-raw              formatted replies, even if the output is not a terminal',
    '-e                    print an error reply to standard error, and exit with 1',
    'Without -u, -h, -p and -s the variable REDIS_URL names the server.',
  ],
  async run(args) {
    let options: Options
    try {
      options = parseOptions(args, process.env)
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      output.complain(error.message)
      return 1
    }
    if (options.warnOfPassword) {
      output.complain(
        "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.",
      )
    }
    const session = new Session(options, options.raw ?? !process.stdout.isTTY, output, options.command.length === 0)
    // The reader of the replies has gone, as after `| head`.
    process.stdout.on('error', () => session.close())
    try {
      if (options.command.length > 0) return await runOnce(session, options)
      if (process.stdin.isTTY) await converse(session, output, process.stdin, process.stdout)
      else await runScript(session, output, process.stdin)
      return 0
    } finally {
      session.close()
      process.stdin.destroy()
    }
  },
}

async function runOnce(session: Session, { command, errorExits }: Options): Promise<number> {
  const outcome = await session.run(command.map(toBytes))
  return outcome === 'failed' || (outcome === 'error reply' && errorExits) ? 1 : 0
}

const output: SessionOutput = {
  write: (bytes) => void process.stdout.write(bytes, 'latin1'),
  complain: (line) => void process.stderr.write(`${line}\n`),
}
