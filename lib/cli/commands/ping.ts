import type { Command } from 'commander'
import { act } from '../frame/action.ts'
import { oneLine } from '../frame/safe-text.ts'
import { timeout } from '../frame/values.ts'

interface Options {
  readonly timeout: number
}

/** `redis-object-rpc ping SERVICE` */
export function ping(command: Command): void {
  command
    .argument('<service>', 'name of the service')
    .addOption(timeout('how long to wait for the answer', '5s'))
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc ping calc
  redis-object-rpc ping calc --timeout 500ms && deploy`,
    )
  act<[service: string], Options>(command, async (context, [service], { timeout: timeoutMs }) => {
    const { control } = await import('../../index.ts')
    const client = (await context.rpc()).client(service, context.clientOptions)
    const ms = await control(client).ping({ timeoutMs, signal: context.signal })
    const text = ms.toFixed(1)
    await context.output.line(
      context.json ? JSON.stringify({ service, ms: Number(text) }) : `${oneLine(service)} answered in ${text} ms`,
    )
  })
}
