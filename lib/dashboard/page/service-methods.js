import { h } from './dom.js'
import * as format from './format.js'
import { countColumn, errorsColumn, Table } from './table.js'

/** @typedef {{ name: string, hasShape: boolean, calls: number, errors: number, running: number, p50Ms: number, p95Ms: number, p99Ms: number, maxMs: number, lastError?: { at: number, name: string, message: string } }} Method */

/**
 * The methods of a service.
 * @param {((method: string) => void) | undefined} choose goes on to call one; undefined: the page only reads
 * @returns {Table<Method>}
 */
export function methodTable(choose) {
  return new Table({ caption: 'Methods', columns: columns(choose), keyOf: ({ name }) => name })
}

/** @param {((method: string) => void) | undefined} choose @returns {import('./table.js').Column<Method>[]} */
function columns(choose) {
  /** @type {import('./table.js').Column<Method>[]} */
  const all = [
    { title: 'Method', rowHeader: true, text: ({ name }) => name, sort: ({ name }) => name, tone: () => 'code' },
    countColumn('Calls', ({ calls }) => calls),
    errorsColumn(({ errors }) => errors),
    countColumn('Running', ({ running }) => running),
    ...quantiles(),
    {
      title: 'Last error',
      text: ({ lastError }) => (lastError ? `${lastError.name}: ${lastError.message}`.slice(0, 200) : ''),
      tone: () => 'long',
    },
  ]
  if (!choose) return all
  const button = (/** @type {Method} */ { name }) => ({
    element: h('button', { type: 'button', 'aria-label': `Call ${name}`, onclick: () => choose(name) }, 'Call'),
    update: () => {},
  })
  return [...all, { title: '', make: button }]
}

/** @returns {import('./table.js').Column<Method>[]} */
function quantiles() {
  const of = /** @type {const} */ ([
    ['p50', 'p50Ms'],
    ['p95', 'p95Ms'],
    ['p99', 'p99Ms'],
    ['max', 'maxMs'],
  ])
  return of.map(([title, key]) => ({
    title,
    numeric: true,
    hint: 'of all calls since the server was started; of several servers the highest',
    text: (method) => (method.calls > 0 ? format.duration(method[key]) : format.NOTHING),
    sort: (method) => method[key],
  }))
}
