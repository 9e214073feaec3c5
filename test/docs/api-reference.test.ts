import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import { reference } from '../../docs/.vitepress/api/reference.ts'

const FOLDER = resolve(import.meta.dirname, '../../docs/api')

describe('the API reference', function () {
  this.timeout(60_000)

  const pages = reference()

  it('has a page for each entry point, as `npm run docs:api` writes it', () => {
    expect(readdirSync(FOLDER).toSorted()).to.deep.equal(pages.map(({ name }) => name).toSorted())
    for (const { name, text } of pages) expect(readFileSync(resolve(FOLDER, name), 'utf8'), name).to.equal(text)
  })

  it('explains every public name', () => {
    for (const { name, unexplained } of pages) expect(unexplained, name).to.deep.equal([])
  })
})
