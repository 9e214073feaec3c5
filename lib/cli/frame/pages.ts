import type { Page, PageOptions } from '../../inspect/index.ts'
import type { Output } from './output.ts'

/** Collects the pages of a list, up to `limit` items. If there are more, it prints a note. */
export async function allPages<V>(
  output: Output,
  limit: number,
  match: string,
  next: (options: PageOptions) => Promise<Page<V>>,
): Promise<V[]> {
  const items: V[] = []
  let cursor: string | undefined
  do {
    const page = await next({ match, ...(cursor !== undefined && { cursor }) })
    items.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined && items.length < limit)
  if (cursor !== undefined || items.length > limit)
    output.note(`there are more than ${limit}; use --match or a higher --limit`)
  return items.slice(0, limit)
}
