import { type Command, Option } from 'commander'
import type { CacheEntryView } from '../../inspect/index.ts'
import type { Cache, CacheLayout } from '../../ipc/index.ts'
import { act } from '../frame/action.ts'
import { age } from '../frame/age.ts'
import type { Context } from '../frame/context.ts'
import { EXIT_CODES } from '../frame/exit-codes.ts'
import { listing } from '../frame/listing.ts'
import { nameText, oneLine } from '../frame/safe-text.ts'
import { subcommand } from '../frame/subcommand.ts'
import { duration, json5 } from '../frame/values.ts'

type Entry = [name: string, field: string]

/** `redis-object-rpc cache …` */
export function cache(command: Command): void {
  command.addHelpText(
    'after',
    `
Examples:
  redis-object-rpc cache ls
  redis-object-rpc cache get users 17
  redis-object-rpc cache set users 17 '{name: "Ada"}' --ttl 5m
  redis-object-rpc cache ttl users 17 && redis-object-rpc cache del users 17`,
  )
  list(subcommand(command, 'ls', 'List the caches.'))
  get(ofEntry(command, 'get', 'Print an entry.'))
  set(ofEntry(command, 'set', 'Write an entry.'))
  del(ofEntry(command, 'del', 'Delete an entry.'))
  ttl(ofEntry(command, 'ttl', 'Print when an entry expires.'))
}

function ofEntry(group: Command, name: string, description: string): Command {
  return subcommand(group, name, description)
    .argument('<cache>', 'name of the cache')
    .argument('<field>', 'name of the entry')
}

function list(command: Command): void {
  listing(command, {
    what: 'caches',
    page: (inspector, options) => inspector.caches(options),
    headings: ['CACHE', 'LAYOUT', 'ENTRIES'],
    row: ({ name, layout, entries }) => [nameText(name), layout, `${entries ?? '?'}`],
  })
}

function get(command: Command): void {
  act<Entry, object>(command, async (context, [name, field]) => {
    const found = await find(context, name, field)
    if (found === undefined) return EXIT_CODES.failed
    const content = await (await open(context, name, found.layout)).get(field)
    const { jsonText, valueText } = await import('../frame/value-text.ts')
    return context.output.line(context.json ? jsonText(content) : valueText(content, context.output.columns))
  })
}

function set(command: Command): void {
  command
    .argument('<value>', 'the value, as JSON5')
    .option('--ttl <time>', 'how long until the entry expires (default: never)', duration)
    .addOption(
      new Option('--layout <layout>', 'how entries are stored (default: hash if Redis supports it, else keys)').choices(
        ['hash', 'keys'],
      ),
    )
  act<[...Entry, value: string], { ttl?: number; layout?: CacheLayout }>(command, async (context, args, options) => {
    const [name, field] = args
    const value = await json5(args[2], 'the value')
    const layout = options.layout ?? (await (await context.inspector()).cacheGet(name, field))?.layout
    const target = await open(context, name, layout)
    await target.set(field, value, options.ttl === undefined ? {} : { ttlMs: options.ttl })
  })
}

function del(command: Command): void {
  act<Entry, object>(command, async (context, [name, field]) => {
    if (await (await context.inspector()).cacheDelete(name, field)) return EXIT_CODES.ok
    return missing(context, name, field)
  })
}

function ttl(command: Command): void {
  act<Entry, object>(command, async (context, [name, field]) => {
    const found = await find(context, name, field)
    if (found === undefined) return EXIT_CODES.failed
    const { ttlMs } = found
    const text = ttlMs === undefined ? 'never expires' : `expires in ${age(ttlMs)}`
    return context.output.line(context.json ? JSON.stringify({ ttlMs: ttlMs ?? null }) : text)
  })
}

async function find(context: Context, name: string, field: string): Promise<CacheEntryView | undefined> {
  const found = await (await context.inspector()).cacheGet(name, field)
  if (found === undefined) missing(context, name, field)
  return found
}

function missing({ output }: Context, name: string, field: string): number {
  output.note(`error: ${oneLine(name)} has no entry ${oneLine(field)}`)
  return EXIT_CODES.failed
}

async function open(context: Context, name: string, layout: CacheLayout | undefined): Promise<Cache<unknown>> {
  const { Cache } = await import('../../ipc/index.ts')
  return context.owns(new Cache(context.redis, name, { ...context.connectOptions, ...(layout && { layout }) }))
}
