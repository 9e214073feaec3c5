import type { Command } from 'commander'
import { act } from '../frame/action.ts'

/** `redis-object-rpc metrics [SERVICE]` */
export function metrics(command: Command): void {
  command.argument('[service]', 'name of the service (default: all services, queues and streams)').addHelpText(
    'after',
    `
Examples:
  redis-object-rpc metrics
  redis-object-rpc metrics calc > /var/lib/node_exporter/calc.prom`,
  )
  act<[service: string | undefined], object>(command, async (context, [service]) => {
    const inspector = await context.inspector()
    const text = await inspector.metrics(service === undefined ? undefined : [service])
    for (const line of text.trimEnd().split('\n')) await context.output.line(line)
  })
}
