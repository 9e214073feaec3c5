import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { CATALOG, type Entry } from '../catalog.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { oneLine } from './safe-text.ts'

const ABOUT = `Calls, serves and watches objects on Redis.

Redis is where --url says, or else the variable REDIS_URL, or else localhost:6379.`

const EXAMPLES = `
Examples:
  redis-object-rpc redis                       run a Redis, if you have none
  redis-object-rpc serve ./calculator.js       serve what a module exports
  redis-object-rpc ls                          see which services there are
  redis-object-rpc call calculator add 2 3     call a method
  redis-object-rpc COMMAND --help              more of a command, with examples`

/** Makes the parser of the command line. What a command takes is loaded once it is named: one does not need what the others do. */
export function makeProgram(): Command {
  const program = new Command('redis-object-rpc')
    .description(ABOUT)
    .usage('[options] COMMAND')
    .option('--url <url>', 'where Redis is: redis://, rediss://, redis-sentinel://, redis-cluster://, unix://')
    .option('--json', 'print JSON, for programs')
    .option('--cacert <file>', 'TLS: the certificate of who has signed that of the server')
    .option('--cert <file>', 'TLS: your own certificate')
    .option('--key <file>', 'TLS: the key of your own certificate')
    .option('--sni <name>', 'TLS: the name of the server')
    .option('--insecure', 'TLS: any certificate will do')
    .option('-v, --version', 'print the version')
    .on('option:version', printVersion)
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name(), sortOptions: false })
    .exitOverride()
    // What is wrong is said in one line, by whoever catches it.
    .configureOutput({ outputError: () => {} })
  for (const entry of CATALOG) addCommand(program, entry)
  program.hook('preSubcommand', async (_program, command) => fill(command))
  return program
}

function printVersion(): never {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  console.log((JSON.parse(text) as { version: string }).version)
  throw new CommanderError(EXIT_CODES.ok, 'commander.version', '')
}

function addCommand(program: Command, { name, summary }: Entry): void {
  const command = new Command(name).copyInheritedSettings(program).summary(summary).description(sentence(summary))
  program.addCommand(command)
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

/** Adds what a command takes and does. */
export async function fill(command: Command): Promise<void> {
  const entry = CATALOG.find(({ name }) => name === command.name())
  if (entry === undefined) return
  if ('load' in entry) return (await entry.load())(command)
  command.argument('[words...]').allowUnknownOption()
  command.action(() => command.error(`${entry.name} comes first, and takes options of its own after it`))
}

/** What the parser found wrong, as one line; undefined: nothing, it has printed what was asked for. */
export function usageProblem({ code, exitCode, message }: CommanderError, args: readonly string[]): string | undefined {
  if (exitCode === EXIT_CODES.ok) return undefined
  const name = args.find((arg) => CATALOG.some((entry) => entry.name === arg))
  const help = `"redis-object-rpc ${name === undefined ? '' : `${name} `}--help" says more`
  // Without a command it has printed the whole help.
  return code === 'commander.help' ? '' : `${oneLine(message.replace(/^error: /, '').replaceAll('\n', ' '))}; ${help}`
}
