/** One command of `redis-object-rpc`. */
export interface CliCommand {
  /** How it is called, in one line. */
  readonly usage: string
  /** What it does, in one line. */
  readonly summary: string
  /** What its options mean, a line each. */
  readonly options: readonly string[]
  /** Runs it; resolves with the exit code. @throws UsageError when the arguments are not its own */
  run(args: string[]): Promise<number>
}

/** The arguments are not those of the command. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
