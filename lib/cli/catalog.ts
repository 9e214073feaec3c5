import type { Command } from 'commander'
import type { RawCommand } from './raw-command.ts'

interface Named {
  readonly name: string
  /** What it does, in one line. */
  readonly summary: string
}

/** A command that is loaded when it is needed. */
export interface CommandEntry extends Named {
  /** Adds arguments, options and examples, and what it does. */
  readonly load: () => Promise<(command: Command) => void>
}

/** A command that parses its own arguments. */
export interface RawEntry extends Named {
  readonly loadRaw: () => Promise<RawCommand>
}

export type CatalogEntry = CommandEntry | RawEntry

/** All commands, in the order of the help. */
export const CATALOG: readonly CatalogEntry[] = [
  {
    name: 'ls',
    summary: 'list the services with their servers and waiting calls, and the task queues',
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'ping',
    summary: 'check whether a service answers, and how fast',
    load: async () => (await import('./commands/ping.ts')).ping,
  },
  {
    name: 'info',
    summary: 'show the servers and the methods of a service',
    load: async () => (await import('./commands/info.ts')).info,
  },
  {
    name: 'call',
    summary: 'call a method and print its result',
    load: async () => (await import('./commands/call.ts')).call,
  },
  {
    name: 'bench',
    summary: 'call a method many times and measure how fast it answers',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
  {
    name: 'watch',
    summary: 'print the calls of a service as they end',
    load: async () => (await import('./commands/watch.ts')).watch,
  },
  {
    name: 'serve',
    summary: 'serve what a module exports',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'repl',
    summary: 'call services from a JavaScript prompt',
    load: async () => (await import('./commands/repl.ts')).repl,
  },
  {
    name: 'queue',
    summary: 'list task queues, show and replay dead letters, drain a queue',
    load: async () => (await import('./commands/queue.ts')).queue,
  },
  {
    name: 'stream',
    summary: 'list event streams, follow one, show its groups',
    load: async () => (await import('./commands/stream.ts')).stream,
  },
  {
    name: 'cache',
    summary: 'list caches; get, set and delete entries',
    load: async () => (await import('./commands/cache.ts')).cache,
  },
  {
    name: 'doctor',
    summary: 'check the configuration of Redis and the permissions of the user',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'metrics',
    summary: 'print the metrics of services, queues and streams in the Prometheus format',
    load: async () => (await import('./commands/metrics.ts')).metrics,
  },
  {
    name: 'dashboard',
    summary: 'show services, queues, streams and caches in a browser',
    load: async () => (await import('./commands/dashboard.ts')).dashboard,
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands, services and methods in a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'redis',
    summary: 'run a Redis server until SIGINT or SIGTERM',
    loadRaw: async () => (await import('./commands/redis.ts')).redis,
  },
  {
    name: 'redis-cli',
    summary: 'run a command on a Redis server, or start a prompt',
    loadRaw: async () => (await import('./commands/redis-cli.ts')).redisCli,
  },
]
