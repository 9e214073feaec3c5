import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { commentOf } from './comment.ts'
import { Declarations, type PublicName } from './declarations.ts'
import { pageOf } from './page.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** A page of the reference. */
export interface Page {
  /** Of the file in `docs/api/`. */
  readonly name: string
  readonly text: string
  /** Public names that no comment explains. */
  readonly unexplained: readonly string[]
}

/** The reference: one page for each entry point in package.json, and one that lists them. */
export function reference(): Page[] {
  const entries = entryPoints()
  const declarations = new Declarations()
  const named = entries.map(({ entry, file, page }) => ({ entry, page, names: declarations.exportsOf(file) }))
  const pages = named.map(({ entry, page, names }) => {
    const link = linkFrom(page, named)
    return { name: `${page}.md`, text: pageOf(entry, names, link), unexplained: unexplained(names) }
  })
  return [{ name: 'index.md', text: contents(named), unexplained: [] }, ...pages]
}

interface Named {
  readonly entry: string
  readonly page: string
  readonly names: readonly PublicName[]
}

function entryPoints(): { entry: string; file: string; page: string }[] {
  const { name, exports } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, string | { types: string }>
  }
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return []
    const file = resolve(ROOT, target.types.replace('./dist/', 'lib/').replace('.d.ts', '.ts'))
    return [{ entry: path.replace('.', name), file, page: path === '.' ? name : path.slice(2).replaceAll('/', '-') }]
  })
}

/** A name that several pages have is looked up on the page itself first. */
function linkFrom(page: string, named: readonly Named[]): (text: string) => string {
  return (text) => {
    const [name = '', member] = text.trim().split(/[.#|\s]/, 2)
    const home = named.filter(({ names }) => names.some((one) => one.name === name))
    const owner = home.find((one) => one.page === page) ?? home[0]
    const label = `\`${member === undefined ? name : `${name}.${member}`}\``
    if (owner === undefined) return label
    return `[${label}](${owner.page === page ? '' : `${owner.page}.md`}#${name.toLowerCase()})`
  }
}

function unexplained(names: readonly PublicName[]): string[] {
  const isExplained = ({ declarations }: PublicName): boolean =>
    declarations.some((declaration) => {
      const { text, see } = commentOf(declaration, (name) => name)
      return text !== '' || see.length > 0
    })
  return names.filter((one) => !isExplained(one)).map(({ name }) => name)
}

function contents(named: readonly Named[]): string {
  const rows = named.map(({ entry, page, names }) => {
    const links = names
      .map(({ name }) => name)
      .toSorted()
      .map((name) => `[${name}](${page}.md#${name.toLowerCase()})`)
    return `| [\`${entry}\`](${page}.md) | ${links.join(', ')} |`
  })
  return `${['<!-- Written by `npm run docs:api`; edit the comments in lib/ instead. -->', '# API reference', ['| entry point | public names |', '|---|---|', ...rows].join('\n')].join('\n\n')}\n`
}
