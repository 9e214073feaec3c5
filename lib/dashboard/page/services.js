import { Sparkline } from './chart.js'
import { h, setText } from './dom.js'
import * as format from './format.js'
import { historyOf, note } from './history.js'
import { emptyState, followOn, heading, linkTo, notice, searchField, tiles } from './parts.js'
import { countColumn, linkCell, oldestColumn, Table } from './table.js'

/** @typedef {{ name: string, servers: number, waiting: number, running?: number, oldestMs?: number, live?: import('./history.js').Live }} Service */
/** @typedef {{ total: number, matching: number, hidden: number, servers: number, waiting: number, services: Service[] }} ServicesView */

/** @param {import('./main.js').Shell} shell @param {URLSearchParams} query @returns {import('./main.js').Page} */
export function servicesPage(shell, query) {
  const line = notice()
  const totals = tiles(['Services', 'Servers', 'Calls per second', 'Errors per second', 'Waiting'])
  /** @type {Table<Service>} */
  const table = new Table({ caption: 'Services', columns: columns(), keyOf: ({ name }) => name })
  const empty = emptyState('No service is live on this Redis.', "await rpc.serve('calc', new Calculator())")
  const more = h('p', { class: 'quiet-text' })
  let match = query.get('match') ?? ''
  const search = searchField('Filter services', match, (text) => {
    match = text
    end()
    end = start()
  })

  const start = () =>
    followOn(shell, line, 'services', { match }, (/** @type {ServicesView} */ view) => {
      const { services } = view
      for (const service of services) note(service.name, service)
      const rate = sum(services, ({ live }) => live?.callsPerSecond)
      const errors = sum(services, ({ live }) => live?.errorsPerSecond)
      totals.update([
        { text: format.count(view.total) },
        { text: format.count(view.servers) },
        { text: format.rate(rate) },
        { text: format.rate(errors), tone: errors > 0 ? 'bad' : '' },
        { text: format.count(view.waiting) },
      ])
      table.update(services)
      table.element.hidden = services.length === 0
      empty.hidden = services.length > 0
      setText(
        /** @type {Element} */ (empty.firstElementChild),
        view.total > 0
          ? `None of ${format.plural(view.total, 'service')} has “${match}” in its name.`
          : 'No service is live on this Redis.',
      )
      setText(more, beyond(view))
    })

  table.element.hidden = true
  empty.hidden = true
  let end = start()
  const element = h(
    'div',
    {},
    h('div', { class: 'top' }, heading('Services'), search),
    line.element,
    totals.element,
    table.element,
    empty,
    more,
  )
  return { title: 'Services', element, end: () => end() }
}

/** @returns {import('./table.js').Column<Service>[]} */
function columns() {
  return [
    {
      title: 'Service',
      rowHeader: true,
      make: linkCell(({ name }) => linkTo('services', name)),
      sort: ({ name }) => name,
    },
    countColumn('Servers', ({ servers }) => servers, { isBad: (servers) => servers === 0 }),
    {
      title: 'Last minute',
      make: ({ name }) => {
        const line = new Sparkline()
        return { element: line.element, update: () => line.update(historyOf(name).map(({ calls }) => calls)) }
      },
    },
    {
      title: 'Calls/s',
      numeric: true,
      text: ({ live }) => format.rate(live?.callsPerSecond),
      sort: ({ live }) => live?.callsPerSecond ?? -1,
    },
    {
      title: 'Errors/s',
      numeric: true,
      text: ({ live }) => format.rate(live?.errorsPerSecond),
      sort: ({ live }) => live?.errorsPerSecond ?? -1,
      tone: ({ live }) => ((live?.errorsPerSecond ?? 0) > 0 ? 'bad' : ''),
    },
    {
      title: 'p50',
      numeric: true,
      hint: 'half of the calls took no longer',
      text: ({ live }) => format.duration(live?.p50Ms),
      sort: ({ live }) => live?.p50Ms ?? -1,
    },
    {
      title: 'p99',
      numeric: true,
      hint: '99 of 100 calls took no longer',
      text: ({ live }) => format.duration(live?.p99Ms),
      sort: ({ live }) => live?.p99Ms ?? -1,
    },
    countColumn('Running', ({ running }) => running),
    countColumn('Waiting', ({ waiting }) => waiting),
    oldestColumn('for how long the oldest request has waited'),
  ]
}

/** @param {ServicesView} view */
function beyond({ services, matching, hidden }) {
  const rest = matching - services.length
  const parts = [
    rest > 0 ? `${format.plural(rest, 'more service')}: filter by name to see them.` : '',
    hidden > 0 ? `${format.plural(hidden, 'name')} too long to show.` : '',
  ]
  return parts.filter(Boolean).join(' ')
}

/** @param {Service[]} services @param {(service: Service) => number | undefined} of */
function sum(services, of) {
  return services.reduce((all, service) => all + (of(service) ?? 0), 0)
}
