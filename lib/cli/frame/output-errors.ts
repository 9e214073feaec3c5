import { EXIT_CODES } from './exit-codes.ts'

/**
 * Handles failures to write the output of any command. That nobody reads it any more, as after
 * `| head`, is no failure. Others, such as a full disk, are reported, and the exit code is 1.
 */
export function watchOutput(): void {
  let failure: Error | undefined
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error
  })
  process.stderr.on('error', () => {})
  process.once('exit', () => {
    if (failure === undefined) return
    process.exitCode = EXIT_CODES.failed
    process.stderr.write(`error: the output cannot be written: ${failure.message}\n`)
  })
}
