import type { Command } from 'commander'
import { aborted } from '../../util/abort.ts'
import { act } from '../frame/action.ts'
import { countOrZero } from '../frame/values.ts'

interface Options {
  readonly port: number
  readonly host: string
  readonly write?: boolean
}

/** `redis-object-rpc dashboard` */
export function dashboard(command: Command): void {
  command
    .option('--port <port>', 'port to listen on; 0 picks a free one', countOrZero, 8_080)
    .option(
      '--host <address>',
      'address to listen on; any but a loopback address requires DASHBOARD_PASSWORD',
      '127.0.0.1',
    )
    .option('--write', 'allow calling methods, replaying and deleting tasks, and deleting cache entries')
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc dashboard                       at http://127.0.0.1:8080/, read-only
  redis-object-rpc dashboard --port 0 --write
  DASHBOARD_PASSWORD=… redis-object-rpc dashboard --host 0.0.0.0

Ctrl-C or SIGTERM stops it.`,
    )
  act<[], Options>(command, async (context, _args, { port, host, write = false }) => {
    const { serveDashboard } = await import('../../dashboard/index.ts')
    const password = process.env.DASHBOARD_PASSWORD
    await using running = await serveDashboard(context.redis, {
      port,
      host,
      write,
      ...context.secret,
      ...(password ? { password } : {}),
    })
    const { url } = running
    await context.output.line(
      context.json
        ? JSON.stringify({ url, write })
        : `dashboard at ${url}${write ? '' : ', read-only'} (Ctrl-C ends it)`,
    )
    await aborted(context.signal)
  })
}
