import type { Command } from 'commander'
import type { Inspector, Page, PageOptions } from '../../inspect/index.ts'
import { act } from './action.ts'
import { type ListOptions, withListOptions } from './list-options.ts'
import { safeJson } from './safe-text.ts'

/** What a command lists. */
export interface Listing<V> {
  /** In the plural, which is its name in JSON, too: `queues`. */
  readonly what: string
  readonly page: (inspector: Inspector, options: PageOptions) => Promise<Page<V>>
  readonly headings: readonly string[]
  readonly row: (item: V) => string[]
}

/** Makes a command print what there is of something, as a table or as JSON. */
export function listing<V extends { readonly name: string }>(
  command: Command,
  { what, page, headings, row }: Listing<V>,
): void {
  act<[], ListOptions>(withListOptions(command), async (context, _args, { limit, match }) => {
    const { output, json } = context
    const [inspector, { firstItems }] = await Promise.all([context.inspector(), import('../../inspect/index.ts')])
    const { items, more } = await firstItems(limit, (cursor) => page(inspector, { match, cursor }))
    if (more) output.note(`there are more than ${limit}; use --match or a higher --limit`)
    if (json) return output.line(safeJson(JSON.stringify({ [what]: items })))
    if (items.length === 0) return output.note(`there are no ${what}`)
    return output.table(headings, items.map(row))
  })
}
