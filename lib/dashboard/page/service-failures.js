import { h, Keyed } from './dom.js'
import * as format from './format.js'

/** @typedef {{ at: number, server: string, method: string, name: string, code?: string, message: string, stack?: string, caller: string, traceparent?: string }} Failure */

/** Errors, the latest first; each opens to its stack. */
export function failureList() {
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
