import { callForm } from './call-form.js'
import { Chart } from './chart.js'
import { h, setText } from './dom.js'
import * as format from './format.js'
import { historyOf, note } from './history.js'
import { followOn, heading, notice, tiles } from './parts.js'
import { failureList } from './service-failures.js'
import { methodTable } from './service-methods.js'
import { serverTable } from './service-servers.js'
import { lateTone } from './table.js'

/**
 * @typedef {{
 *   waiting: number,
 *   oldestMs?: number,
 *   running: number,
 *   live?: import('./history.js').Live,
 *   servers: import('./service-servers.js').Server[],
 *   absent: import('./service-servers.js').Lease[],
 *   methods: import('./service-methods.js').Method[],
 *   errors: import('./service-failures.js').Failure[],
 * }} ServiceView
 */

/** @param {import('./main.js').Shell} shell @param {string} name @returns {import('./main.js').Page} */
export function servicePage(shell, name) {
  const line = notice()
  const totals = tiles(['Calls per second', 'Errors per second', 'p50', 'p99', 'Running', 'Waiting', 'Oldest waits'])
  const charts = [
    new Chart({
      title: 'Calls per second',
      lines: [
        { label: 'calls', color: 'accent', value: ({ calls }) => calls, text: format.rate },
        { label: 'errors', color: 'bad', value: ({ errors }) => errors, text: format.rate },
      ],
    }),
    new Chart({
      title: 'Duration, ms',
      lines: [
        { label: 'p50', color: 'accent', value: ({ p50 }) => p50, text: format.duration },
        { label: 'p99', color: 'warn', value: ({ p99 }) => p99, text: format.duration },
      ],
    }),
    new Chart({
      title: 'Queue',
      lines: [
        { label: 'waiting', color: 'warn', value: ({ waiting }) => waiting, text: format.count },
        { label: 'running', color: 'good', value: ({ running }) => running, text: format.count },
      ],
    }),
  ]
  const servers = serverTable()
  const form = shell.canWrite() ? callForm(name) : undefined
  const methods = methodTable(form?.choose)
  const failures = failureList()
  const noServers = h('p', { class: 'empty' }, 'No server of this service is live. Calls wait until one is.')
  const serverCount = h('span', { class: 'count' })
  const methodCount = h('span', { class: 'count' })

  const end = followOn(shell, line, 'service', { name }, (/** @type {ServiceView} */ view) => {
    note(name, view)
    const { live } = view
    totals.update([
      { text: format.rate(live?.callsPerSecond) },
      { text: format.rate(live?.errorsPerSecond), tone: live && live.errorsPerSecond > 0 ? 'bad' : '' },
      { text: format.duration(live?.p50Ms) },
      { text: format.duration(live?.p99Ms) },
      { text: format.count(view.running) },
      { text: format.count(view.waiting) },
      { text: format.oldest(view), tone: lateTone(view) },
    ])
    for (const chart of charts) chart.update(historyOf(name))
    servers.update(view.servers, view.absent)
    noServers.hidden = view.servers.length > 0
    setText(serverCount, view.servers.length)
    methods.update(view.methods)
    methods.element.hidden = view.methods.length === 0
    setText(methodCount, view.methods.length)
    failures.update(view.errors)
    form?.update(view.methods)
  })

  const element = h(
    'div',
    {},
    heading(name, { back: ['#/services', 'Services'] }),
    line.element,
    totals.element,
    h('div', { class: 'charts' }, ...charts.map((chart) => chart.element)),
    section('Servers', serverCount, noServers, servers.element),
    section('Methods', methodCount, methods.element),
    section(
      'Call a method',
      form?.element ??
        h(
          'p',
          { class: 'quiet-text' },
          'This dashboard is read-only. Started with --write, or the option write, it can call methods.',
        ),
    ),
    section('Recent errors', failures.element),
  )
  return {
    title: name,
    element,
    end: () => {
      end()
      for (const chart of charts) chart.remove()
    },
    redraw: () => {
      for (const chart of charts) chart.redraw()
    },
  }
}

/** @param {string} title @param {...(Element | false | undefined)} content */
function section(title, ...content) {
  const [first, ...rest] = content
  const isCount = first instanceof HTMLSpanElement
  return h('section', {}, h('h2', {}, `${title} `, isCount && first), ...(isCount ? rest : content))
}
