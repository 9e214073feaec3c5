import { type Command, Option } from 'commander'
import { count } from './values.ts'

/** Options of commands that list queues, streams or caches. */
export interface ListOptions {
  readonly match: string
  readonly limit: number
}

/** Adds {@link ListOptions} to a command. @param most the default of `--limit` */
export function withListOptions(command: Command, most: number = 1_000): Command {
  return command
    .option('--match <pattern>', 'only names that match this glob pattern', '*')
    .addOption(limitOption('list', most))
}

export function limitOption(verb: string, most: number): Option {
  return new Option('--limit <n>', `${verb} at most this many`).argParser(count).default(most)
}
