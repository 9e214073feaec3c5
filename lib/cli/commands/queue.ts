import type { Command } from 'commander'
import type { ItemView, QueuePart } from '../../inspect/index.ts'
import { act } from '../frame/action.ts'
import { oldestAge } from '../frame/age.ts'
import type { Context } from '../frame/context.ts'
import { EXIT_CODES } from '../frame/exit-codes.ts'
import { limitOption } from '../frame/list-options.ts'
import { listing } from '../frame/listing.ts'
import { Progress } from '../frame/progress.ts'
import { nameText, oneLine, safeJson } from '../frame/safe-text.ts'
import { subcommand } from '../frame/subcommand.ts'
import { UsageError } from '../frame/usage-error.ts'

/** Longest text of a task that people are shown, in UTF-16 units. */
const SHOWN_TEXT = 200

/** `redis-object-rpc queue …` */
export function queue(command: Command): void {
  command.addHelpText(
    'after',
    `
Examples:
  redis-object-rpc queue ls
  redis-object-rpc queue peek resize --delayed
  redis-object-rpc queue dead resize
  redis-object-rpc queue replay resize 1700000000000-0
  redis-object-rpc queue drain resize --yes`,
  )
  list(subcommand(command, 'ls', 'List the queues.'))
  peek(ofQueue(command, 'peek', 'Show waiting tasks, the next one first.'))
  dead(ofQueue(command, 'dead', 'Show dead letters, the oldest first.'))
  replay(ofQueue(command, 'replay', 'Put dead letters back into the queue.'))
  drain(ofQueue(command, 'drain', 'Remove all waiting tasks.'))
}

function ofQueue(group: Command, name: string, description: string): Command {
  return subcommand(group, name, description).argument('<queue>', 'name of the queue')
}

function list(command: Command): void {
  listing(command, {
    what: 'queues',
    page: (inspector, options) => inspector.queues(options),
    headings: ['QUEUE', 'KIND', 'WAITING', 'OLDEST', 'DELAYED', 'IN PROGRESS', 'DEAD'],
    row: (each) => [
      nameText(each.name),
      each.kind,
      `${each.waiting}`,
      oldestAge(each),
      ...[each.delayed, each.inProgress, each.dead].map(String),
    ],
  })
}

function peek(command: Command): void {
  command.option('--delayed', 'show delayed tasks instead').addOption(limitOption('show', 20))
  act<[name: string], { delayed?: boolean; limit: number }>(command, (context, [name], { delayed, limit }) =>
    showItems(context, name, delayed ? 'delayed' : 'waiting', limit),
  )
}

function dead(command: Command): void {
  command.addOption(limitOption('show', 20))
  act<[name: string], { limit: number }>(command, (context, [name], { limit }) =>
    showItems(context, name, 'dead', limit),
  )
}

async function showItems(context: Context, name: string, part: QueuePart, limit: number): Promise<void> {
  const inspect = await context.inspector()
  for (let offset = 0; offset < limit && !context.signal.aborted; offset += 100) {
    const items = await inspect.queueItems(name, part, { offset, limit: Math.min(100, limit - offset) })
    for (const item of items) await context.output.line(context.json ? safeJson(JSON.stringify(item)) : itemLine(item))
    if (items.length < 100) return
  }
}

function itemLine({ id, text, bytes, at, reason, attempts }: ItemView): string {
  const when = at === undefined ? '' : `${new Date(at).toISOString()}  `
  const why = reason === undefined ? '' : `  (${attempts} attempts: ${oneLine(reason, SHOWN_TEXT)})`
  const more = bytes > SHOWN_TEXT ? ` (${bytes} bytes)` : ''
  return `${id === undefined ? '' : `${nameText(id)}  `}${when}${oneLine(text, SHOWN_TEXT)}${more}${why}`
}

function replay(command: Command): void {
  command.argument('[ids...]', 'ids of dead letters, from "queue dead"').option('--all', 'replay all of them')
  act<[name: string, ids: string[]], { all?: boolean }>(command, async (context, [name, ids], { all = false }) => {
    if (all === ids.length > 0) throw new UsageError('pass the ids of the dead letters, or --all')
    const count = await replayShown(context, name, all ? 'all' : ids)
    await report(context, 'replayed', count)
    return context.signal.aborted || all || count === ids.length ? undefined : EXIT_CODES.failed
  })
}

async function replayShown(context: Context, name: string, ids: readonly string[] | 'all'): Promise<number> {
  const inspect = await context.inspector()
  const total = ids === 'all' ? (await inspect.queue(name)).dead : ids.length
  let done = 0
  using _progress = new Progress(context, () => ({ part: done / total, text: `replayed: ${done} of ${total}` }))
  const onProgress = (replayed: number): void => {
    done = replayed
  }
  return await inspect.replay(name, ids, { signal: context.signal, onProgress })
}

function drain(command: Command): void {
  command.option('--yes', 'remove them; without this, only their number is printed')
  act<[name: string], { yes?: boolean }>(command, async (context, [name], { yes = false }) => {
    const inspect = await context.inspector()
    if (yes) return report(context, 'removed', await inspect.drain(name))
    const { waiting } = await inspect.queue(name)
    throw new UsageError(`${waiting} tasks would be removed for good; add --yes to remove them`)
  })
}

function report({ json, output }: Context, what: string, count: number): Promise<void> {
  return output.line(json ? JSON.stringify({ [what]: count }) : `${what} ${count}`)
}
