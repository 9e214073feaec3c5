import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { extname } from 'node:path'

export interface PageFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

const PAGE = new URL('./page/', import.meta.url)
const UPLOT = createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Each file's place, by its name in URLs: what a request names is looked up here and never becomes a path. */
const PLACES: ReadonlyMap<string, URL | string> = new Map<string, URL | string>([
  ...readdirSync(PAGE)
    .filter((name) => extname(name) in TYPES)
    .map((name): [string, URL] => [name === 'index.html' ? '' : name, new URL(name, PAGE)]),
  ['uplot.js', UPLOT],
])

/** The names of all files; the page itself has the empty name. */
export const PAGE_FILES: readonly string[] = [...PLACES.keys()]

const loaded = new Map<string, Promise<PageFile>>()

/** A file of the page, which is read once; undefined when there is none of this name. */
export function pageFile(name: string): Promise<PageFile> | undefined {
  const place = PLACES.get(name)
  if (place === undefined) return undefined
  let loading = loaded.get(name)
  if (loading === undefined) {
    loading = load(place)
    loading.catch(() => loaded.delete(name))
    loaded.set(name, loading)
  }
  return loading
}

async function load(place: URL | string): Promise<PageFile> {
  const body = await readFile(place)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type: TYPES[extname(String(place))]!, body, etag }
}
