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
    for (const { name, text } of pages) {
      const [now, fresh] = [readFileSync(resolve(FOLDER, name), 'utf8'), text].map((page) => page.split('\n'))
      const line = fresh!.findIndex((each, i) => each !== now![i])
      expect(now![line], `line ${line + 1} of docs/api/${name}: run "npm run docs:api"`).to.equal(fresh![line])
      expect(now).to.have.lengthOf(fresh!.length)
    }
  })

  it('explains every public name', () => {
    for (const { name, unexplained } of pages) expect(unexplained, name).to.deep.equal([])
  })
})
