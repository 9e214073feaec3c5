import type { Registered } from '../catalog/registry.ts'
import type { Client } from '../clients/client.ts'

/** Takes note of how long a call took: in the statistics of the command, in the slow log, and for LATENCY. */
export function noteDuration(client: Client, command: Registered, argv: readonly string[], microseconds: number): void {
  const { engine } = client
  const { config } = engine
  command.microseconds += microseconds
  if (config.tracksLatency) command.durations.add(microseconds)
  // How long it waited for others is not its own doing.
  if (client.waiter !== undefined) return
  if (microseconds >= config.slowLogMicroseconds && !command.has('skip_slowlog')) {
    engine.slowLog.add(client, command.command.conceal?.(argv) ?? argv, microseconds, engine.now, config.slowLogLength)
  }
  if (microseconds >= config.latencyMicroseconds) {
    engine.latency.add(command.has('fast') ? 'fast-command' : 'command', Math.floor(microseconds / 1000), engine.now)
  }
}
