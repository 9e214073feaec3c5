import type { Command } from 'commander'
import { act } from '../frame/action.ts'
import { oldestAge } from '../frame/age.ts'
import { nameText, safeJson } from '../frame/safe-text.ts'

/** `redis-object-rpc ls` */
export function ls(command: Command): void {
  command.addHelpText(
    'after',
    `
Examples:
  redis-object-rpc ls
  redis-object-rpc ls --json | jq -r '.services[].name'`,
  )
  act(command, async (context) => {
    const inspector = await context.inspector()
    const [services, queues] = await Promise.all([inspector.services(), inspector.queues()])
    const { output } = context
    if (context.json) return output.line(safeJson(JSON.stringify({ services, queues: queues.items })))
    if (services.length === 0) output.note('there are no services; "redis-object-rpc serve FILE" starts one')
    else
      await output.table(
        ['SERVICE', 'SERVERS', 'WAITING', 'OLDEST'],
        services.map((each) => [nameText(each.name), `${each.servers}`, `${each.waiting}`, oldestAge(each)]),
      )
    if (queues.items.length === 0) return
    if (services.length > 0) await output.line('')
    await output.table(
      ['QUEUE', 'WAITING', 'OLDEST', 'DELAYED', 'IN PROGRESS', 'DEAD'],
      queues.items.map((each) => [
        nameText(each.name),
        `${each.waiting}`,
        oldestAge(each),
        ...[each.delayed, each.inProgress, each.dead].map(String),
      ]),
    )
    if (queues.cursor !== undefined) output.note('there are more queues; "redis-object-rpc queue ls" lists all')
  })
}
