import { listingPage } from './listing.js'
import { linkTo } from './parts.js'
import { countColumn, linkCell, oldestColumn } from './table.js'

/** @typedef {{ name: string, kind: 'plain' | 'reliable', waiting: number, oldestMs?: number, delayed: number, inProgress: number, dead: number }} Queue */

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
    countColumn('Waiting', ({ waiting }) => waiting),
    oldestColumn('for how long the next task could have been taken'),
    countColumn('Delayed', ({ delayed }) => delayed),
    countColumn('In progress', ({ inProgress }) => inProgress),
    countColumn('Dead letters', ({ dead }) => dead, { isBad: (dead) => dead > 0 }),
  ]
  return listingPage(shell, query, {
    view: 'queues',
    title: 'Queues',
    columns,
    empty: 'No task queue holds anything.',
    hint: "await new WriteQueue(redis, 'resize').publish({ image: 'cat.png' })",
  })
}
