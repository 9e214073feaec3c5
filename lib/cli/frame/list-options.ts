import { type Command, Option } from 'commander'
import { count } from './values.ts'

/** Options of commands that list what has names. */
export interface ListOptions {
  readonly match: string
  readonly limit: number
}

/** Adds {@link ListOptions} to a command. @param most how many are listed unless it is said */
export function withListOptions(command: Command, most: number = 1_000): Command {
  return command
    .option('--match <pattern>', 'only names that a glob pattern matches', '*')
    .addOption(limitOption('list', most))
}

/** The option `--limit`. */
export function limitOption(verb: string, most: number): Option {
  return new Option('--limit <n>', `how many to ${verb} at most`).argParser(count).default(most)
}
