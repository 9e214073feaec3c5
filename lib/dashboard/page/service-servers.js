import * as format from './format.js'
import { countColumn, errorsColumn, Table } from './table.js'

/** @typedef {{ id: string, state: 'live' | 'expired' | 'closed', leaseMs: number, leftMs: number, overMs: number }} Lease */
/** @typedef {{ id: string, host: string, pid: number, started: number, version: string, running: number, waiting: number, calls: number, errors: number, lease?: Lease }} Server */
/** A server that does not answer, or has ended: only its lease is known. @typedef {{ id: string, lease: Lease } & Partial<Server>} Absent */

/** The servers of a service. */
export function serverTable() {
  /** @type {Table<Server | Absent>} */
  const table = new Table({ caption: 'Servers', columns: columns(), keyOf: ({ id }) => id })
  return {
    element: table.element,
    /** @param {Server[]} servers @param {Lease[]} absent */
    update(servers, absent) {
      table.update([...servers, ...absent.map((lease) => ({ id: lease.id, lease }))])
      table.element.hidden = servers.length + absent.length === 0
    },
  }
}

/** @returns {import('./table.js').Column<Server | Absent>[]} */
function columns() {
  return [
    { title: 'Server', rowHeader: true, text: ({ id }) => id, tone: () => 'code line' },
    { title: 'Host', text: ({ host }) => host ?? format.NOTHING, sort: ({ host }) => host ?? '' },
    { title: 'Process', numeric: true, text: ({ pid }) => String(pid ?? format.NOTHING) },
    { title: 'Version', text: ({ version }) => version || format.NOTHING },
    {
      title: 'Lease',
      hint: 'a server that does not renew it in time counts as dead',
      text: leaseText,
      sort: ({ lease }) => (lease ? lease.leftMs - lease.overMs : 0),
      tone: leaseTone,
    },
    {
      title: 'Up for',
      numeric: true,
      text: ({ started }) => format.age(started && Date.now() - started),
      sort: ({ started = 0 }) => -started,
    },
    countColumn('Running', ({ running }) => running),
    countColumn('Taken', ({ waiting }) => waiting, { hint: 'calls that it has taken from the list and not begun' }),
    countColumn('Calls', ({ calls }) => calls),
    errorsColumn(({ errors }) => errors),
  ]
}

/** @param {Server | Absent} server */
function leaseText({ lease, host }) {
  if (!lease) return format.NOTHING
  if (lease.state === 'closed') return `closed ${format.age(lease.overMs)} ago`
  if (lease.state === 'expired') return `gone ${format.age(lease.overMs)} ago`
  const since = host === undefined ? 'no answer' : `renewed ${format.age(lease.leaseMs - lease.leftMs)} ago`
  return `${since} · ${format.age(lease.leftMs)} left`
}

/** @param {Server | Absent} server */
function leaseTone({ lease, host }) {
  if (lease?.state === 'expired') return 'bad line'
  return lease?.state === 'live' && host === undefined ? 'warn line' : 'line'
}
