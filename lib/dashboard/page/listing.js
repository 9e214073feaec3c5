import { h, setText } from './dom.js'
import { emptyState, followOn, heading, notice, searchField } from './parts.js'
import { Table } from './table.js'

/**
 * A page that lists what a search of keys finds, page by page: queues, event streams, caches.
 * @template {{ name: string }} T
 * @param {import('./main.js').Shell} shell
 * @param {URLSearchParams} query
 * @param {{ view: string, title: string, columns: import('./table.js').Column<T>[], empty: string, hint: string }} options
 * @returns {import('./main.js').Page}
 */
export function listingPage(shell, query, { view, title, columns, empty, hint }) {
  const match = query.get('match') ?? ''
  const cursor = query.get('cursor') ?? ''
  const line = notice()
  /** @type {Table<T>} */
  const table = new Table({ caption: title, columns, keyOf: ({ name }) => name })
  const none = emptyState(empty, hint)
  const hidden = h('p', { class: 'quiet-text' })
  const first = h('a', { href: address(view, match, '') }, 'First page')
  const next = h('a', {}, 'Next page')
  const pages = h('nav', { class: 'pages', 'aria-label': 'Pages' }, first, next)
  const search = searchField(`Filter ${title.toLowerCase()}`, match, (text) => {
    location.hash = address(view, text, '')
  })
  table.element.hidden = true
  none.hidden = true
  first.hidden = cursor === ''
  next.hidden = true
  const end = followOn(
    shell,
    line,
    view,
    { match, cursor },
    (/** @type {{ items: T[], hidden: number, cursor?: string }} */ seen) => {
      const { items } = seen
      table.update(items)
      table.element.hidden = items.length === 0
      none.hidden = items.length > 0
      // A page may be empty though later ones are not: a search looks at so many keys and no more.
      setText(
        /** @type {Element} */ (none.firstElementChild),
        seen.cursor || cursor ? 'Nothing on this page.' : match ? `Nothing has “${match}” in its name.` : empty,
      )
      next.hidden = !seen.cursor
      next.href = address(view, match, seen.cursor ?? '')
      setText(hidden, seen.hidden > 0 ? `${seen.hidden} with names that are too long to show.` : '')
    },
  )
  const element = h(
    'div',
    {},
    h('div', { class: 'top' }, heading(title), search),
    line.element,
    table.element,
    none,
    pages,
    hidden,
  )
  return { title, element, end }
}

/** @param {string} view @param {string} match @param {string} cursor */
function address(view, match, cursor) {
  const query = new URLSearchParams()
  if (match) query.set('match', match)
  if (cursor) query.set('cursor', cursor)
  return `#/${view}${query.size > 0 ? `?${query}` : ''}`
}
