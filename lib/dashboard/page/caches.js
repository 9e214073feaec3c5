import { listingPage } from './listing.js'
import { linkTo } from './parts.js'
import { countColumn, linkCell } from './table.js'

/** @typedef {{ name: string, layout: string, entries?: number }} CacheView */

/** @param {import('./main.js').Shell} shell @param {URLSearchParams} query */
export function cachesPage(shell, query) {
  /** @type {import('./table.js').Column<CacheView>[]} */
  const columns = [
    {
      title: 'Cache',
      rowHeader: true,
      make: linkCell(({ name }) => linkTo('caches', name)),
      sort: ({ name }) => name,
    },
    { title: 'Layout', text: ({ layout }) => layout },
    countColumn('Entries', ({ entries }) => entries),
  ]
  return listingPage(shell, query, {
    view: 'caches',
    title: 'Caches',
    columns,
    empty: 'No cache holds anything.',
    hint: "await new Cache(redis, 'users').set('17', { name: 'Ada' })",
  })
}
