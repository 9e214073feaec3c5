import { callForm } from './call-form.js'
import { Chart } from './chart.js'
import { h, Keyed, setText } from './dom.js'
import * as format from './format.js'
import { historyOf, note } from './history.js'
import { followOn, heading, notice, tiles } from './parts.js'
import { Table } from './table.js'

/** @typedef {{ name: string, calls: number, errors: number, running: number, p50Ms: number, p95Ms: number, p99Ms: number, maxMs: number, lastError?: { at: number, name: string, message: string } }} Method */
/** @typedef {{ id: string, host: string, pid: number, started: number, version: string, running: number, waiting: number, calls: number, errors: number }} Server */
/** @typedef {{ at: number, server: string, method: string, name: string, code?: string, message: string, stack?: string, caller: string, traceparent?: string }} Failure */

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
  /** @type {Table<Server>} */
  const servers = new Table({ caption: 'Servers', columns: serverColumns(), keyOf: ({ id }) => id })
  const form = shell.canWrite() ? callForm(name) : undefined
  /** @type {Table<Method>} */
  const methods = new Table({
    caption: 'Methods',
    columns: methodColumns(form?.choose),
    keyOf: (method) => method.name,
  })
  const failures = failureList()
  const noServers = h('p', { class: 'empty' }, 'No server of this service is live. Calls wait until one is.')
  const serverCount = h('span', { class: 'count' })
  const methodCount = h('span', { class: 'count' })

  const end = followOn(shell, line, 'service', { name }, (view) => {
    note(name, view)
    const { live } = view
    totals.update([
      { text: format.rate(live?.callsPerSecond) },
      { text: format.rate(live?.errorsPerSecond), tone: live?.errorsPerSecond > 0 ? 'bad' : '' },
      { text: format.duration(live?.p50Ms) },
      { text: format.duration(live?.p99Ms) },
      { text: format.count(view.running) },
      { text: format.count(view.waiting) },
      { text: format.age(view.oldestMs), tone: view.oldestMs > 5_000 ? 'warn' : '' },
    ])
    for (const chart of charts) chart.update(historyOf(name))
    servers.update(view.servers)
    servers.element.hidden = view.servers.length === 0
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

/** @returns {import('./table.js').Column<Server>[]} */
function serverColumns() {
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
    { title: 'Running', numeric: true, text: ({ running }) => format.count(running), sort: ({ running }) => running },
    {
      title: 'Taken',
      numeric: true,
      hint: 'calls that it has taken from the list and not begun',
      text: ({ waiting }) => format.count(waiting),
      sort: ({ waiting }) => waiting,
    },
    { title: 'Calls', numeric: true, text: ({ calls }) => format.count(calls), sort: ({ calls }) => calls },
    {
      title: 'Errors',
      numeric: true,
      text: ({ errors }) => format.count(errors),
      sort: ({ errors }) => errors,
      tone: ({ errors }) => (errors > 0 ? 'bad' : ''),
    },
  ]
}

/** @param {((method: string) => void) | undefined} choose @returns {import('./table.js').Column<Method>[]} */
function methodColumns(choose) {
  /** @type {import('./table.js').Column<Method>[]} */
  const all = [
    { title: 'Method', rowHeader: true, text: ({ name }) => name, sort: ({ name }) => name, tone: () => 'code' },
    { title: 'Calls', numeric: true, text: ({ calls }) => format.count(calls), sort: ({ calls }) => calls },
    {
      title: 'Errors',
      numeric: true,
      text: ({ errors }) => format.count(errors),
      sort: ({ errors }) => errors,
      tone: ({ errors }) => (errors > 0 ? 'bad' : ''),
    },
    { title: 'Running', numeric: true, text: ({ running }) => format.count(running), sort: ({ running }) => running },
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

/** Errors, the latest first; each opens to its stack. */
function failureList() {
  const list = h('ul', { class: 'failures' })
  const none = h('p', { class: 'quiet-text' }, 'None that the servers remember.')
  /** @type {Keyed<Failure>} */
  const keyed = new Keyed(list, (failure) => ({ element: failureItem(failure), update: () => {} }))
  return {
    element: h('div', {}, none, list),
    /** @param {Failure[]} failures */
    update(failures) {
      none.hidden = failures.length > 0
      keyed.update(failures, ({ server, at, method, caller, message }) =>
        JSON.stringify([server, at, method, caller, message]),
      )
    },
  }
}

/** @param {Failure} failure */
function failureItem({ at, server, method, name, code, message, stack, caller, traceparent }) {
  const trace = traceparent?.split('-')[1]
  /** @type {[string, string | undefined][]} */
  const facts = [
    ['Server', server],
    ['Caller', caller],
    ['Code', code],
    ['Trace', trace],
  ]
  return h(
    'li',
    {},
    h(
      'details',
      {},
      h(
        'summary',
        {},
        h('time', { datetime: isoTime(at) }, format.time(at)),
        h('code', {}, method),
        h('span', { class: 'bad' }, name),
        h('span', { class: 'message' }, message.slice(0, 300)),
      ),
      h(
        'dl',
        { class: 'facts' },
        ...facts.flatMap(([title, fact]) => (fact ? [h('dt', {}, title), h('dd', {}, h('code', {}, fact))] : [])),
      ),
      h('pre', { tabindex: 0 }, stack ?? `${name}: ${message}`),
    ),
  )
}

/** @param {number} at */
function isoTime(at) {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
