import type { Command } from 'commander'
import { act } from '../frame/action.ts'
import { listing } from '../frame/listing.ts'
import { nameText, oneLine, safeJson } from '../frame/safe-text.ts'
import { subcommand } from '../frame/subcommand.ts'
import { count } from '../frame/values.ts'

/** `redis-object-rpc stream …` */
export function stream(command: Command): void {
  command.addHelpText(
    'after',
    `
Examples:
  redis-object-rpc stream ls
  redis-object-rpc stream tail prices
  redis-object-rpc stream tail prices --from 0 --count 10 | jq .content
  redis-object-rpc stream groups prices`,
  )
  list(subcommand(command, 'ls', 'List the event streams.'))
  tail(subcommand(command, 'tail', 'Print events as they arrive.'))
  groups(subcommand(command, 'groups', 'Show the groups of readers of a stream.'))
}

function list(command: Command): void {
  listing(command, {
    what: 'streams',
    page: (inspector, options) => inspector.streams(options),
    headings: ['STREAM', 'EVENTS', 'GROUPS'],
    row: ({ name, length, groups }) => [nameText(name), `${length}`, groups.map(groupName).join(', ')],
  })
}

function groupName({ name }: { readonly name: string }): string {
  return nameText(name)
}

function tail(command: Command): void {
  command
    .argument('<stream>', 'name of the stream')
    .option('--from <id>', 'start after this event; 0 is the beginning, $ is now', '$')
    .option('--count <n>', 'stop after this many events', count)
  act<[name: string], { from: string; count?: number }>(command, async (context, [name], { from, count: most }) => {
    const { output, signal } = context
    const [{ ReadStream, isRpcError }, { jsonText }] = await Promise.all([
      import('../../ipc/index.ts'),
      import('../frame/value-text.ts'),
    ])
    const events = context.owns(new ReadStream(context.redis, name, { from, ...context.connectOptions }))
    for (let seen = 0; !signal.aborted && seen !== most; seen++) {
      try {
        const event = await events.bNext({ signal })
        if (event === undefined) return
        await output.line(`{"id":${jsonText(event.id)},"content":${jsonText(event.content)}}`)
      } catch (error) {
        // One malformed event must not hide the others.
        if (!isRpcError(error) || error.code !== 'ERR_INVALID_DATA') throw error
        output.note(`skipped: ${error.message}`)
      }
    }
  })
}

function groups(command: Command): void {
  command.argument('<stream>', 'name of the stream')
  act<[name: string], object>(command, async (context, [name]) => {
    const { output, json } = context
    const found = await (await context.inspector()).stream(name)
    if (json) return output.line(safeJson(JSON.stringify(found)))
    if (found.groups.length === 0) return output.note(`${oneLine(name)} has no groups`)
    const rows = found.groups.map((each) => [
      groupName(each),
      ...[each.consumers, each.pending, each.lag ?? '?', each.dead].map(String),
    ])
    return output.table(['GROUP', 'CONSUMERS', 'PENDING', 'LAG', 'DEAD'], rows)
  })
}
