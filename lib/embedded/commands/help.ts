import { type Reply, Status } from '../resp/value.ts'

/**
 * The reply of a container of subcommands to HELP.
 * @param text - the subcommands with their explanations, one per line
 */
export function helpReply(container: string, text: string): Reply {
  const lines = [
    `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...text.split('\n').filter((line) => line !== ''),
    'HELP',
    '    Prints this help.',
  ]
  return lines.map((line) => new Status(line))
}
