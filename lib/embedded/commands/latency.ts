import type { Registered } from '../catalog/registered.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { MapReply, type Reply } from '../resp/value.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/latency-histogram/ */
export const latencyHistogram: Command<[subcommand: string, ...commands: string[]]> = {
  name: 'histogram',
  arity: -2,
  group: 'server',
  since: '7.0.0',
  summary: 'Return the cumulative distribution of latencies of a subset of commands or all.',
  complexity: 'O(N) where N is the number of commands with latency information being retrieved.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  run(client, argv) {
    const called = (argv.length === 2 ? everyCommand(client) : named(client, argv.slice(2))).filter(
      ({ durations }) => durations.total > 0,
    )
    return new MapReply(called.flatMap((command) => [command.fullName, distribution(command)]))
  },
}

/** @see https://redis.io/docs/latest/commands/latency-history/ */
export const latencyHistory: Command<[subcommand: string, event: string]> = {
  name: 'history',
  arity: 3,
  group: 'server',
  since: '2.8.13',
  summary: 'Return timestamp-latency samples for the event.',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  run: ({ engine }, argv) => engine.latency.history(argv[2]).map(({ at, milliseconds }) => [at, milliseconds]),
}

/** @see https://redis.io/docs/latest/commands/latency-latest/ */
export const latencyLatest: Command<[subcommand: string]> = {
  name: 'latest',
  arity: 2,
  group: 'server',
  since: '2.8.13',
  summary: 'Return the latest latency samples for all events.',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  run: ({ engine }) =>
    [...engine.latency.latest()].map(({ event, at, milliseconds, worst }) => [event, at, milliseconds, worst]),
}

/** @see https://redis.io/docs/latest/commands/latency-reset/ */
export const latencyReset: Command<[subcommand: string, ...events: string[]]> = {
  name: 'reset',
  arity: -2,
  group: 'server',
  since: '2.8.13',
  summary: 'Reset latency data for one or more events.',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  run: ({ engine }, argv) => engine.latency.reset(argv.slice(2)),
}

/** @see https://redis.io/docs/latest/commands/latency-help/ */
export const latencyHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '2.8.13',
  summary: 'Show helpful text about the different subcommands.',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('LATENCY', HELP),
}

/** @see https://redis.io/docs/latest/commands/latency/ */
export const latency: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'latency',
  arity: -2,
  group: 'server',
  since: '2.8.13',
  summary: 'A container for latency diagnostics commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  subcommands: [latencyHistogram, latencyHistory, latencyLatest, latencyReset, latencyHelp],
}

function everyCommand({ engine }: Caller): Registered[] {
  return [...engine.commands].flatMap((command) => [...(command.subcommands?.values() ?? [command])])
}

/**
 * The commands with these names; for a container all its subcommands. Unknown names are ignored.
 */
function named({ engine }: Caller, names: readonly string[]): Registered[] {
  return names.flatMap((name) => {
    const [container = '', sub] = name.split('|')
    const found = engine.commands.get(container)
    if (sub !== undefined) return found?.subcommands?.get(sub.toLowerCase()) ?? []
    return found?.subcommands === undefined ? (found ?? []) : [...found.subcommands.values()]
  })
}

function distribution({ durations }: Registered): Reply {
  const buckets = [...durations.cumulative()].flat()
  return new MapReply(['calls', durations.total, 'histogram_usec', new MapReply(buckets)])
}

const HELP = `
HISTORY <event>
    Return time-latency samples for the <event> class.
LATEST
    Return the latest latency samples for all events.
RESET [<event> ...]
    Reset latency data of one or more <event> classes.
    (default: reset all data for all event classes)
HISTOGRAM [COMMAND ...]
    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.
    If no commands are specified then all histograms are replied.
`
