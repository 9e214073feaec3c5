import { InvalidOptionError } from '../errors.ts'
import { escapeGlob, nodesOf } from '../link/scan-keys.ts'
import { keyPrefixOf, type RedisLife } from '../link/source.ts'
import { knownOptions, text, wholeNumber } from '../util/options.ts'
import type { Run } from './run.ts'

/** A part of a long list. */
export interface Page<V> {
  readonly items: readonly V[]
  /** For the next page; undefined: this is the last. */
  readonly cursor: string | undefined
}

/** Which page to show. */
export interface PageOptions {
  /** A glob pattern of names. @defaultValue '*' */
  readonly match?: string
  /** The `cursor` of the previous page. @defaultValue the first page */
  readonly cursor?: string | undefined
  /** Roughly how many items to return; from 1 to 10000. @defaultValue 100 */
  readonly limit?: number
}

/** Keys of one type that may contain items. */
export interface Phase<V> {
  readonly type: 'list' | 'zset' | 'stream' | 'hash' | 'string'
  /** A glob pattern of keys. */
  readonly pattern: string
  /** The item of a key; undefined: none, or one that another phase finds. */
  readonly view: (redis: RedisLife, key: string) => Promise<V | undefined>
}

/**
 * How many keys Redis checks in one step, and for one page: there may be millions without items.
 */
const SCAN_COUNT = 250
const MOST_LOOKED_AT = 10_000
const CURSOR = /^(\d)\.(\d{1,4})\.(\d{1,20})$/

/** The pattern of names in a page's options. @throws InvalidOptionError */
export function matchOf(options: PageOptions): string {
  return text('match', options.match, '*')
}

/**
 * Scans the keys of a Redis, in a Cluster those of each master, until there are enough items. As
 * with SCAN, every item that exists all the time is found, perhaps on two pages.
 * @see https://redis.io/docs/latest/commands/scan/
 * @throws InvalidOptionError
 */
export async function pageOf<V extends { readonly name: string }>(
  run: Run,
  phases: readonly Phase<V>[],
  options: PageOptions,
): Promise<Page<V>> {
  knownOptions(options, ['match', 'cursor', 'limit'])
  const limit = wholeNumber('limit', options.limit, 100, 1, MOST_LOOKED_AT)
  const count = Math.min(SCAN_COUNT, limit)
  const items = new Map<string, V>()
  let [phase, node, cursor] = readCursor(options.cursor)
  for (let looked = 0; looked < MOST_LOOKED_AT && items.size < limit; looked += count) {
    const current = phases[phase]
    if (current === undefined) return { items: [...items.values()], cursor: undefined }
    const at = { node, cursor }
    const { next, views, nodes } = await run((redis) => step(redis, current, at, count))
    for (const view of views) items.set(view.name, view)
    cursor = next
    if (next !== '0') continue
    node++
    if (node < nodes) continue
    node = 0
    phase++
  }
  return { items: [...items.values()], cursor: phase < phases.length ? `${phase}.${node}.${cursor}` : undefined }
}

/** The first items of a list. */
export interface FirstItems<V> {
  readonly items: readonly V[]
  /** Whether there are, or may be, more. */
  readonly more: boolean
}

/** Collects pages until there are `most` items. @param next returns the page at a cursor */
export async function firstItems<V extends { readonly name: string }>(
  most: number,
  next: (cursor: string | undefined) => Promise<Page<V>>,
): Promise<FirstItems<V>> {
  const found = new Map<string, V>()
  let cursor: string | undefined
  do {
    const page = await next(cursor)
    for (const item of page.items) found.set(item.name, item)
    cursor = page.cursor
  } while (cursor !== undefined && found.size < most)
  return { items: [...found.values()].slice(0, most), more: cursor !== undefined || found.size > most }
}

async function step<V>(
  redis: RedisLife,
  { type, pattern, view }: Phase<V>,
  at: { readonly node: number; readonly cursor: string },
  count: number,
): Promise<{ readonly next: string; readonly views: readonly V[]; readonly nodes: number }> {
  const nodes = nodesOf(redis)
  const node = nodes[at.node]
  // A cluster may have become smaller since the previous page.
  if (node === undefined) return { next: '0', views: [], nodes: nodes.length }
  const prefix = keyPrefixOf(redis)
  // ioredis adds its prefix to keys, but not to patterns.
  const prefixed = escapeGlob(prefix) + pattern
  const [next, keys] = await node.scan(at.cursor, 'MATCH', prefixed, 'COUNT', count, 'TYPE', type)
  const views = await Promise.all(keys.map((key) => view(redis, key.slice(prefix.length))))
  return { next, views: views.filter((each) => each !== undefined), nodes: nodes.length }
}

function readCursor(cursor: string | undefined): [phase: number, node: number, cursor: string] {
  if (cursor === undefined) return [0, 0, '0']
  const [, phase, node, at] = CURSOR.exec(cursor) ?? []
  if (at === undefined) throw new InvalidOptionError('cursor', 'the cursor of a page', cursor)
  return [Number(phase), Number(node), at]
}
