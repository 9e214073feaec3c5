import { type Reply, Status } from '../resp/value.ts'

/**
 * What a container of subcommands answers to HELP.
 * @param text - the subcommands with their explanations, a line each
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
