import * as format from './format.js'
import { listingPage } from './listing.js'
import { countColumn } from './table.js'

/** @typedef {{ name: string, consumers: number, pending: number, lag?: number, dead: number }} Group */
/** @typedef {{ name: string, length: number, groups: Group[] }} Stream */

/** @param {import('./main.js').Shell} shell @param {URLSearchParams} query */
export function streamsPage(shell, query) {
  /** @param {Stream} stream @param {(group: Group) => string} of */
  const each = ({ groups }, of) => groups.map(of).join('\n')
  /** @type {import('./table.js').Column<Stream>[]} */
  const columns = [
    { title: 'Stream', rowHeader: true, text: ({ name }) => name, sort: ({ name }) => name, tone: () => 'name' },
    countColumn('Events', ({ length }) => length),
    { title: 'Group', text: (stream) => each(stream, ({ name }) => name) || format.NOTHING, tone: () => 'lines' },
    {
      title: 'Consumers',
      numeric: true,
      text: (stream) => each(stream, ({ consumers }) => format.count(consumers)),
      tone: () => 'lines',
    },
    {
      title: 'Pending',
      numeric: true,
      hint: 'events that were handed to readers and not acknowledged',
      text: (stream) => each(stream, ({ pending }) => format.count(pending)),
      tone: () => 'lines',
    },
    {
      title: 'Lag',
      numeric: true,
      hint: 'events that no reader of the group has got yet',
      text: (stream) => each(stream, ({ lag }) => format.count(lag)),
      tone: () => 'lines',
    },
    {
      title: 'Dead letters',
      numeric: true,
      text: (stream) => each(stream, ({ dead }) => format.count(dead)),
      tone: ({ groups }) => (groups.some(({ dead }) => dead > 0) ? 'lines bad' : 'lines'),
    },
  ]
  return listingPage(shell, query, {
    view: 'streams',
    title: 'Streams',
    columns,
    empty: 'No event stream is there.',
    hint: "await new WriteStream(redis, 'prices').publish({ price: 17 })",
  })
}
