import type { Command } from 'commander'
import type { ServerInfo } from '../../index.ts'
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
    .addOption(timeout('how long servers may take to answer', '1s'))
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc info calc
  redis-object-rpc info calc --json | jq '.servers[].host'`,
    )
  act<[service: string], Options>(command, async (context, [service], { timeout: timeoutMs }) => {
    const { control, NoServerError } = await import('../../index.ts')
    const client = (await context.rpc()).client(service, context.clientOptions)
    const servers = await control(client).servers({ timeoutMs, signal: context.signal })
    if (servers.length === 0) throw new NoServerError(service, 0)
    if (context.json) return context.output.line(jsonLine(service, servers))
    await context.output.table(
      ['SERVER', 'HOST', 'PID', 'UP', 'VERSION', 'RUNNING', 'WAITING'],
      servers.map((each) => [
        nameText(each.id),
        nameText(each.host),
        String(each.pid),
        age(dateNow() - each.started),
        nameText(each.version || '-'),
        String(each.running),
        String(each.waiting),
      ]),
    )
    await context.output.line('')
    await context.output.line(`methods: ${methodNames(servers).map(nameText).join(', ') || 'none'}`)
  })
}

function jsonLine(service: string, servers: readonly ServerInfo[]): string {
  return safeJson(JSON.stringify({ service, servers }))
}
