import type { Command } from 'commander'

/** Adds a command to a group, as `ls` to `queue`. @param description a sentence */
export function subcommand(group: Command, name: string, description: string): Command {
  const summary = `${description.charAt(0).toLowerCase()}${description.slice(1)}`.replace(/\.$/, '')
  return group.command(name).summary(summary).description(description)
}
