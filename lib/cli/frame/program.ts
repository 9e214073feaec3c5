import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { CATALOG, type CatalogEntry } from '../catalog.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { oneLine } from './safe-text.ts'

const ABOUT = `Calls, serves and watches objects on Redis.

The URL of Redis comes from --url, or else from the variable REDIS_URL. The default is redis://localhost:6379.`

const EXAMPLES = `
Examples:
  redis-object-rpc redis                       run a Redis server, if you have none
  redis-object-rpc serve ./calculator.js       serve what a module exports
  redis-object-rpc ls                          list the services
  redis-object-rpc call calculator add 2 3     call a method
  redis-object-rpc COMMAND --help              show the help of a command, with examples`

/** Makes the parser of the command line. A command's code is loaded only when the command is named. */
export function makeProgram(): Command {
  const program = new Command('redis-object-rpc')
    .description(ABOUT)
    .usage('[options] COMMAND')
    .option('--url <url>', 'URL of Redis: redis://, rediss://, redis-sentinel://, redis-cluster://, unix://')
    .option('--json', 'print JSON, for programs')
    .option('--cacert <file>', 'TLS: certificate of the CA that signed the certificate of the server')
    .option('--cert <file>', 'TLS: client certificate')
    .option('--key <file>', 'TLS: private key of the client certificate')
    .option('--sni <name>', 'TLS: server name to send (SNI)')
    .option('--insecure', 'TLS: accept any certificate of the server, even an invalid one')
    .option('-v, --version', 'print the version')
    .on('option:version', printVersion)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name(), sortOptions: false })
    .exitOverride()
    // Whoever catches the error prints it in one line.
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

function addCommand(program: Command, { name, summary }: CatalogEntry): void {
  const command = new Command(name).copyInheritedSettings(program).summary(summary).description(sentence(summary))
  program.addCommand(command)
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

/** Adds the arguments, options and action of a command. */
export async function fill(command: Command): Promise<void> {
  const entry = CATALOG.find(({ name }) => name === command.name())
  if (entry === undefined) return
  if ('load' in entry) return (await entry.load())(command)
  command.argument('[words...]').allowUnknownOption()
  command.action(() => command.error(`${entry.name} must come first, before its own options`))
}

/** What is wrong with the command line, in one line; undefined if the parser only printed help or the version. */
export function usageProblem({ code, exitCode, message }: CommanderError, args: readonly string[]): string | undefined {
  if (exitCode === EXIT_CODES.ok) return undefined
  const name = args.find((arg) => CATALOG.some((entry) => entry.name === arg))
  const help = `see "redis-object-rpc ${name === undefined ? '' : `${name} `}--help"`
  // Without a command it has printed the whole help.
  return code === 'commander.help' ? '' : `${oneLine(message.replace(/^error: /, '').replaceAll('\n', ' '))}; ${help}`
}
