import { cachePage } from './cache.js'
import { cachesPage } from './caches.js'
import { fill, h, setText } from './dom.js'
import { queuePage } from './queue.js'
import { queuesPage } from './queues.js'
import { mayWrite, openSession } from './server.js'
import { servicePage } from './service.js'
import { servicesPage } from './services.js'
import { streamsPage } from './streams.js'
import { showTheme } from './theme.js'

/**
 * A page: its title, what it shows, and how it ends.
 * @typedef {{ title: string, element: Element, end: () => void, redraw?: () => void }} Page
 * @typedef {{ setLive: (state: 'live' | 'waiting' | 'lost') => void, canWrite: () => boolean }} Shell
 */

/** @type {{ path: string, title: string, list: (shell: Shell, query: URLSearchParams) => Page, one?: (shell: Shell, name: string, query: URLSearchParams) => Page }[]} */
const ROUTES = [
  { path: 'services', title: 'Services', list: servicesPage, one: servicePage },
  { path: 'queues', title: 'Queues', list: queuesPage, one: queuePage },
  { path: 'streams', title: 'Streams', list: streamsPage },
  { path: 'caches', title: 'Caches', list: cachesPage, one: cachePage },
]

const main = /** @type {HTMLElement} */ (document.getElementById('main'))
const nav = /** @type {HTMLElement} */ (document.getElementById('nav'))
const live = /** @type {HTMLElement} */ (document.getElementById('live'))
const liveText = /** @type {HTMLElement} */ (document.getElementById('live-text'))
const mode = /** @type {HTMLElement} */ (document.getElementById('mode'))

const LIVE_TEXTS = { live: 'Live', waiting: 'Connecting', lost: 'Connection lost' }

/** @type {Shell} */
const shell = {
  setLive(state) {
    live.dataset.state = state
    setText(liveText, LIVE_TEXTS[state])
  },
  canWrite: mayWrite,
}

/** @type {Page | undefined} */
let page

/** @param {boolean} isFirst */
function show(isFirst) {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  const [first = '', name] = path.split('/')
  const route = ROUTES.find((each) => each.path === first) ?? ROUTES[0]
  if (!route) return
  page?.end()
  shell.setLive('waiting')
  const parameters = new URLSearchParams(query)
  page = name && route.one ? route.one(shell, decoded(name), parameters) : route.list(shell, parameters)
  document.title = `${page.title} · redis-object-rpc`
  fill(main, [page.element])
  for (const link of nav.children) {
    if (link.getAttribute('href') === `#/${route.path}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  // So the keyboard and screen readers go on from where the page has changed.
  if (!isFirst) main.querySelector('h1')?.focus()
  scrollTo(0, 0)
}

/** @param {string} name */
function decoded(name) {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

fill(
  nav,
  ROUTES.map(({ path, title }) => h('a', { href: `#/${path}` }, title)),
)
showTheme(/** @type {HTMLButtonElement} */ (document.getElementById('theme')), () => page?.redraw?.())

try {
  const { write } = await openSession()
  mode.hidden = false
  mode.dataset.mode = write ? 'write' : 'read'
  setText(mode, write ? 'Can change' : 'Read-only')
  mode.title = write
    ? 'You can call methods, replay and delete tasks here.'
    : 'Nothing can be changed here: the dashboard was started without write.'
} catch (error) {
  fill(main, [h('p', { class: 'notice bad', role: 'alert' }, `The dashboard does not answer: ${error}`)])
}
show(true)
addEventListener('hashchange', () => show(false))
