import * as format from './format.js'
import { listingPage } from './listing.js'
import { countColumn } from './table.js'

/** @typedef {{ name: string, consumers: number, pending: number, lag?: number, dead: number }} Group */
/** @typedef {{ name: string, length: number, groups: Group[] }} Stream */

/** @param {import('./main.js').Shell} shell @param {URLSearchParams} query */
export function streamsPage(shell, query) {
  /**
   * A column with a line for each group.
   * @param {string} title @param {(group: Group) => number | undefined} of
   * @param {Partial<import('./table.js').Column<Stream>>} [more]
   * @returns {import('./table.js').Column<Stream>}
   */
  const groupColumn = (title, of, more) => ({
    title,
    numeric: true,
    text: ({ groups }) => groups.map((group) => format.count(of(group))).join('\n'),
    tone: () => 'lines',
    ...more,
  })
  /** @type {import('./table.js').Column<Stream>[]} */
  const columns = [
    { title: 'Stream', rowHeader: true, text: ({ name }) => name, sort: ({ name }) => name, tone: () => 'name' },
    countColumn('Events', ({ length }) => length),
    {
      title: 'Group',
      text: ({ groups }) => groups.map(({ name }) => name).join('\n') || format.NOTHING,
      tone: () => 'lines',
    },
    groupColumn('Consumers', ({ consumers }) => consumers),
    groupColumn('Pending', ({ pending }) => pending, {
      hint: 'events that were handed to readers and not acknowledged',
    }),
    groupColumn('Lag', ({ lag }) => lag, { hint: 'events that no reader of the group has got yet' }),
    groupColumn('Dead letters', ({ dead }) => dead, {
      tone: ({ groups }) => (groups.some(({ dead }) => dead > 0) ? 'lines bad' : 'lines'),
    }),
  ]
  return listingPage(shell, query, {
    view: 'streams',
    title: 'Streams',
    columns,
    empty: 'No event stream is there.',
    hint: "await new WriteStream(redis, 'prices').publish({ price: 17 })",
  })
}
