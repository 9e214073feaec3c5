import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'

const DOCS = resolve(import.meta.dirname, '../../docs')

describe('the docs', () => {
  it('have every page in the sidebar of their site', () => {
    const config = readFileSync(resolve(DOCS, '.vitepress/config.ts'), 'utf8')
    const linked = [...config.matchAll(/link: '\/([\w-]+)'/g)].map(([, name]) => `${name}.md`)
    const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'index.md')
    expect([...new Set(linked)].toSorted()).to.deep.equal(pages.toSorted())
  })

  it('list every example', () => {
    const examples = resolve(DOCS, '../examples')
    const listed = [...readFileSync(resolve(examples, 'README.md'), 'utf8').matchAll(/^\| \[([\w-]+)\]/gm)].map(
      ([, name]) => name,
    )
    const folders = readdirSync(examples, { withFileTypes: true }).flatMap((one) =>
      one.isDirectory() ? [one.name] : [],
    )
    expect(listed.toSorted()).to.deep.equal(folders.toSorted())
  })
})
