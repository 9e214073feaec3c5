import type { Command } from 'commander'
import type { ServerInfo } from '../../index.ts'
import type { LeaseView } from '../../inspect/index.ts'
import { dateNow } from '../../util/timers.ts'
import { act } from '../frame/action.ts'
import { age } from '../frame/age.ts'
import { methodNames } from '../frame/method-names.ts'
import { nameText, safeJson } from '../frame/safe-text.ts'
import { timeout } from '../frame/values.ts'

interface Options {
  readonly timeout: number
}

/** `redis-object-rpc info SERVICE` */
export function info(command: Command): void {
  command
    .argument('<service>', 'name of the service')
    .addOption(timeout('how long to wait for servers to answer', '1s'))
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc info calc
  redis-object-rpc info calc --json | jq '.servers[].host'`,
    )
  act<[service: string], Options>(command, async (context, [service], { timeout: timeoutMs }) => {
    const [{ control, NoServerError }, { withLeases }] = await Promise.all([
      import('../../index.ts'),
      import('../../inspect/index.ts'),
    ])
    const client = (await context.rpc()).client(service, context.clientOptions)
    const inspector = await context.inspector()
    const { servers, absent } = withLeases(
      ...(await Promise.all([
        control(client).servers({ timeoutMs, signal: context.signal }),
        inspector.leases(service),
      ])),
    )
    if (context.json && servers.length > 0)
      return context.output.line(safeJson(JSON.stringify({ service, servers, absent })))
    if (!context.json && servers.length + absent.length > 0)
      await context.output.table(
        ['SERVER', 'HOST', 'PID', 'UP', 'VERSION', 'LEASE', 'RUNNING', 'WAITING'],
        [...servers.map(serverRow), ...absent.map(absentRow)],
      )
    if (servers.length === 0) throw new NoServerError(service, 0)
    await context.output.line('')
    await context.output.line(`methods: ${methodNames(servers).map(nameText).join(', ') || 'none'}`)
  })
}

function serverRow(server: ServerInfo & { readonly lease?: LeaseView }): string[] {
  const { id, host, pid, started, version, lease, running, waiting } = server
  const up = age(dateNow() - started)
  return [
    ...[nameText(id), nameText(host), `${pid}`, up, nameText(version || '-')],
    ...[lease === undefined ? '-' : leaseText(lease), `${running}`, `${waiting}`],
  ]
}

/** A server that does not answer, or has ended; its lease is all that is known of it. */
function absentRow(lease: LeaseView): string[] {
  const text = lease.state === 'live' ? `${leaseText(lease)}, no answer` : leaseText(lease)
  return [nameText(lease.id), '-', '-', '-', '-', text, '-', '-']
}

function leaseText({ state, leftMs, overMs }: LeaseView): string {
  if (state === 'live') return `${age(leftMs)} left`
  return `${state === 'closed' ? 'closed' : 'gone'} ${age(overMs)} ago`
}
