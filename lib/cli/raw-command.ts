import { UsageError } from './frame/usage-error.ts'

/** A command that parses its own arguments. */
export interface RawCommand {
  /** Its usage, in one line. */
  readonly usage: string
  /** What its options mean, a line each. */
  readonly options: readonly string[]
  /** Runs it; resolves with the exit code. @throws UsageError when the arguments are wrong */
  run(args: string[]): Promise<number>
}

export async function runRaw(command: RawCommand, name: string, args: string[]): Promise<number> {
  // Further on, --help may belong to the command that redis-cli sends.
  if (args[0] === '--help') {
    console.log(rawHelp(command))
    return 0
  }
  try {
    return await command.run(args)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    console.error(isUsageError(error) ? `${message}\nusage: ${command.usage}` : `${name}: ${message}`)
    return isUsageError(error) ? 2 : 1
  }
}

export function rawHelp({ usage, options }: RawCommand): string {
  return [`usage: ${usage}`, '', ...options.map((line) => `  ${line}`)].join('\n')
}

/** Ours, or an error of Node's argument parser. */
function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
}
