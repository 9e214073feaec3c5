import type { Inspector, Page, PageOptions } from '../inspect/index.ts'
import { escapeGlob } from '../link/scan-keys.ts'
import { boundedJson, LONGEST_NAME, withShownNames } from './bounded.ts'
import { Refusal } from './refusal.ts'
import type { ServiceViews } from './service-views.ts'

/** What the page can show. */
export interface ViewSources {
  readonly inspector: Inspector
  readonly services: ServiceViews
}

/** A view: what it reads, and the parameters that it takes from a query. */
interface View {
  readonly parameters: readonly string[]
  read(sources: ViewSources, query: (name: string) => string): Promise<object>
}

const VIEWS: ReadonlyMap<string, View> = new Map<string, View>([
  ['services', { parameters: ['match'], read: ({ services }, query) => services.list(query('match')) }],
  ['service', { parameters: ['name'], read: ({ services }, query) => services.detail(nameIn(query)) }],
  [
    'arguments',
    {
      parameters: ['name', 'method'],
      read: ({ services }, query) => services.arguments(nameIn(query), textIn(query, 'method')),
    },
  ],
  ['queues', paged((inspector, page) => inspector.queues(page))],
  ['queue', { parameters: ['name'], read: ({ inspector }, query) => queueDetail(inspector, nameIn(query)) }],
  ['streams', paged((inspector, page) => inspector.streams(page))],
  ['caches', paged((inspector, page) => inspector.caches(page))],
  [
    'entry',
    {
      parameters: ['name', 'field'],
      read: async ({ inspector }, query) => ({
        entry: await inspector.cacheGet(nameIn(query), textIn(query, 'field')),
      }),
    },
  ],
])

/** What a request wants to see: a name for it, the same for all that want the same, and how it is read. */
export interface Wanted {
  readonly key: string
  read(): Promise<string>
}

/** @throws Refusal when there is no such view, or its parameters are none of its own */
export function findView(name: string, query: URLSearchParams, sources: ViewSources): Wanted {
  const view = VIEWS.get(name)
  if (view === undefined) throw new Refusal(404, 'there is no such view')
  const given = view.parameters.map((parameter) => query.get(parameter) ?? '')
  if (given.some((text) => text.length > LONGEST_NAME)) throw new Refusal(414, 'a parameter is too long')
  const parameters = new Map(view.parameters.map((parameter, index) => [parameter, given[index]!]))
  return {
    key: JSON.stringify([name, ...given]),
    read: async () => boundedJson(await view.read(sources, (parameter) => parameters.get(parameter) ?? '')),
  }
}

/** How many tasks of each kind are shown. */
const MOST_ITEMS = 20
const MOST_LETTERS = 100

async function queueDetail(inspector: Inspector, name: string): Promise<object> {
  const [queue, waiting, delayed, dead] = await Promise.all([
    inspector.queue(name),
    inspector.queueItems(name, 'waiting', { limit: MOST_ITEMS }),
    inspector.queueItems(name, 'delayed', { limit: MOST_ITEMS }),
    inspector.queueItems(name, 'dead', { limit: MOST_LETTERS }),
  ])
  return { ...queue, items: { waiting, delayed, dead } }
}

/** What is found by a search of keys, page by page. */
function paged<T extends { readonly name: string }>(
  find: (inspector: Inspector, page: PageOptions) => Promise<Page<T>>,
): View {
  return {
    parameters: ['match', 'cursor'],
    read: async ({ inspector }, query) => {
      const cursor = query('cursor')
      const page = { match: `*${escapeGlob(query('match'))}*`, ...(cursor !== '' && { cursor }) }
      const { items, cursor: next } = await find(inspector, page)
      const { shown, hidden } = withShownNames(items)
      return { items: shown, hidden, cursor: next }
    },
  }
}

function nameIn(query: (name: string) => string): string {
  return textIn(query, 'name')
}

function textIn(query: (name: string) => string, parameter: string): string {
  const text = query(parameter)
  if (text === '') throw new Refusal(400, `${parameter} is missing`)
  return text
}
