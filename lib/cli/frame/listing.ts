import type { Page, PageOptions } from '../../inspect/index.ts'
import type { Output } from './output.ts'

/** Collects the pages of a list, up to `limit` items. If there are more, it prints a note. */
export async function allPages<V extends { readonly name: string }>(
  output: Output,
  limit: number,
  match: string,
  next: (options: PageOptions) => Promise<Page<V>>,
): Promise<readonly V[]> {
  const { firstItems } = await import('../../inspect/index.ts')
  const { items, more } = await firstItems(limit, (cursor) => next({ match, cursor }))
  if (more) output.note(`there are more than ${limit}; use --match or a higher --limit`)
  return items
}
