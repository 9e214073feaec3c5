import * as format from './format.js'
import { countColumn, errorsColumn, Table } from './table.js'

/** @typedef {{ id: string, host: string, pid: number, started: number, version: string, running: number, waiting: number, calls: number, errors: number }} Server */

/** The servers of a service. */
export function serverTable() {
  /** @type {Table<Server>} */
  const table = new Table({ caption: 'Servers', columns: columns(), keyOf: ({ id }) => id })
  return {
    element: table.element,
    /** @param {Server[]} servers */
    update(servers) {
      table.update(servers)
      table.element.hidden = servers.length === 0
    },
  }
}

/** @returns {import('./table.js').Column<Server>[]} */
function columns() {
  return [
    { title: 'Server', rowHeader: true, text: ({ id }) => id, tone: () => 'code' },
    { title: 'Host', text: ({ host }) => host, sort: ({ host }) => host },
    { title: 'Process', numeric: true, text: ({ pid }) => String(pid) },
    { title: 'Version', text: ({ version }) => version || format.NOTHING },
    {
      title: 'Up for',
      numeric: true,
      text: ({ started }) => format.age(Date.now() - started),
      sort: ({ started }) => -started,
    },
    countColumn('Running', ({ running }) => running),
    countColumn('Taken', ({ waiting }) => waiting, { hint: 'calls that it has taken from the list and not begun' }),
    countColumn('Calls', ({ calls }) => calls),
    errorsColumn(({ errors }) => errors),
  ]
}
