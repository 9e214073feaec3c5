#!/usr/bin/env node
import { CommanderError } from 'commander'
import { CATALOG, type RawEntry } from './catalog.ts'
import { EXIT_CODES } from './frame/exit-codes.ts'
import { watchOutput } from './frame/output-errors.ts'
import { makeProgram, usageProblem } from './frame/program.ts'
import { runRaw } from './raw-command.ts'

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  watchOutput()
  const [first, ...rest] = args
  // The completion scripts call this. It looks at all commands, so it is not in the catalog.
  if (first === '__complete') return (await import('./completion/complete.ts')).complete(rest)
  const raw = CATALOG.find((entry): entry is RawEntry => 'loadRaw' in entry && entry.name === first)
  if (raw !== undefined) {
    process.exitCode = await runRaw(await raw.loadRaw(), raw.name, rest)
    return
  }
  try {
    await makeProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const problem = usageProblem(error, args)
    if (problem) console.error(`error: ${problem}`)
    process.exitCode = problem === undefined ? EXIT_CODES.ok : EXIT_CODES.usage
  }
}
