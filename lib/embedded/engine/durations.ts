import type { Registered } from '../catalog/registered.ts'
import type { Caller } from './caller.ts'

/** Records the duration of a call in the statistics of the command, the slow log and LATENCY. */
export function noteDuration(client: Caller, command: Registered, argv: readonly string[], microseconds: number): void {
  const { engine } = client
  const { config } = engine
  command.microseconds += microseconds
  if (config.tracksLatency) command.durations.add(microseconds)
  // The time spent waiting for other clients does not count.
  if (client.waiter !== undefined) return
  if (microseconds >= config.slowLogMicroseconds && !command.has('skip_slowlog')) {
    const address = client.transport?.address ?? '?:0'
    const shown = command.command.conceal?.(argv) ?? argv
    const at = engine.now / 1000
    engine.slowLog.add({ at, microseconds, argv: shown, address, clientName: client.name }, config.slowLogLength)
  }
  if (microseconds >= config.latencyMicroseconds) {
    engine.latency.add(command.has('fast') ? 'fast-command' : 'command', Math.floor(microseconds / 1000), engine.now)
  }
}
