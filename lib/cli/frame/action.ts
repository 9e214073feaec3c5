import type { Command } from 'commander'
import { type CommonOptions, Context } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { Interrupt } from './interrupt.ts'
import { Output } from './output.ts'

/** What a command does. It may resolve with an exit code, for instance after it has reported a failure itself. */
type Run<A extends unknown[], O> = (context: Context, args: A, options: O) => Promise<unknown>

/**
 * Makes a command do something. What `run` throws becomes one line and an exit code.
 * @param exits whether the process ends with the command, although code that others wrote may have
 * left timers or connections open
 */
export function act<A extends unknown[], O extends object>(
  command: Command,
  run: Run<A, O>,
  { exits = false }: { readonly exits?: boolean } = {},
): Command {
  return command.action(async () => {
    using interrupt = new Interrupt()
    const output = new Output(process.stdout, process.stderr, interrupt)
    const options = command.optsWithGlobals<O & CommonOptions>()
    process.exitCode = await ended(async () => {
      await using context = new Context(options, process.env, output, interrupt)
      return await run(context, command.processedArgs as A, options)
    })
    if (exits) process.exit()

    async function ended(running: () => Promise<unknown>): Promise<number> {
      try {
        const code = await running()
        return typeof code === 'number' ? code : (interrupt.exitCode ?? EXIT_CODES.ok)
      } catch (error) {
        // Work that was interrupted has not failed.
        if (interrupt.signal.aborted) return interrupt.exitCode ?? EXIT_CODES.ok
        const { failureJson, failureLine, failureOf } = await import('./failure.ts')
        const failure = failureOf(error)
        process.stderr.write(`${options.json ? failureJson(failure) : `error: ${failureLine(failure)}`}\n`)
        return failure.exitCode
      }
    }
  })
}
