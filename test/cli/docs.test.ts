import { expect } from 'chai'
import { EXIT_CODES } from '../../lib/cli/frame/exit-codes.ts'
import { documented, freshPage, readPage } from './page.ts'

describe('docs/cli.md', () => {
  const page = readPage()

  it('has the help that the commands print; "npm run docs:cli" brings it up to date', async () => {
    expect(page).to.equal(await freshPage(page))
  })

  it('has a section for each command', () => {
    for (const name of documented()) expect(page).to.match(new RegExp(`^## \`${name}\``, 'm'))
  })

  it('lists the exit codes', () => {
    for (const code of Object.values(EXIT_CODES)) expect(page).to.match(new RegExp(`^\\| (?:\\d+, )?${code}\\b`, 'm'))
  })
})
