import * as format from './format.js'
import { listingPage } from './listing.js'
import { linkTo } from './parts.js'
import { linkCell } from './table.js'

/** @typedef {{ name: string, kind: 'plain' | 'reliable', waiting: number, delayed: number, inProgress: number, dead: number }} Queue */

/** @param {import('./main.js').Shell} shell @param {URLSearchParams} query */
export function queuesPage(shell, query) {
  /** @type {import('./table.js').Column<Queue>[]} */
  const columns = [
    {
      title: 'Queue',
      rowHeader: true,
      make: linkCell(({ name }) => linkTo('queues', name)),
      sort: ({ name }) => name,
    },
    { title: 'Kind', text: ({ kind }) => kind },
    { title: 'Waiting', numeric: true, text: ({ waiting }) => format.count(waiting), sort: ({ waiting }) => waiting },
    { title: 'Delayed', numeric: true, text: ({ delayed }) => format.count(delayed), sort: ({ delayed }) => delayed },
    {
      title: 'In progress',
      numeric: true,
      text: ({ inProgress }) => format.count(inProgress),
      sort: ({ inProgress }) => inProgress,
    },
    {
      title: 'Dead letters',
      numeric: true,
      text: ({ dead }) => format.count(dead),
      sort: ({ dead }) => dead,
      tone: ({ dead }) => (dead > 0 ? 'bad' : ''),
    },
  ]
  return listingPage(shell, query, {
    view: 'queues',
    title: 'Queues',
    columns,
    empty: 'No task queue holds anything.',
    hint: "await new WriteQueue(redis, 'resize').publish({ image: 'cat.png' })",
  })
}
