import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { AnyCommand } from '../../lib/embedded/catalog/facts.ts'
import { COMMANDS } from '../../lib/embedded/commands/all.ts'
import { EMBEDDED_REDIS_DEFAULTS } from '../../lib/embedded/index.ts'
import { isNewer } from './helpers/newer.ts'

const page = readFileSync(new URL('../../docs/embedded.md', import.meta.url), 'utf8')

/** The list of commands as `docs/embedded.md` has it: a line for each group, by name, subcommands in brackets. */
function list(): string {
  const groups = new Map<string, string[]>()
  for (const command of COMMANDS) groups.set(command.group, [...(groups.get(command.group) ?? []), show(command)])
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, commands]) => `- **${group}:** ${commands.sort().join(', ')}`)
    .join('\n')
}

function show({ name, since, subcommands }: AnyCommand): string {
  const subs = subcommands === undefined ? '' : ` (${subcommands.map(show).sort().join(', ')})`
  return `${name.toUpperCase()}${isNewer(since) ? ` ${since}` : ''}${subs}`
}

describe('the commands of the embedded server', () => {
  it('each have a test: of a newer one in test/embedded/commands, of any other in test/embedded/differential', () => {
    const folder = fileURLToPath(new URL('.', import.meta.url))
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const words = new Set(
      files.flatMap(
        (name) =>
          readFileSync(join(folder, name), 'utf8')
            .toUpperCase()
            .match(/[A-Z][\w-]*/g) ?? [],
      ),
    )
    expect(COMMANDS.map(({ name }) => name.toUpperCase()).filter((name) => !words.has(name))).to.deep.equal([])
  })
})

describe('docs/embedded.md', () => {
  it('lists every command', () => {
    const listed = page.split(/<!-- commands.*-->\n/)[1]!.split('\n<!-- end')[0]
    expect(listed, `it should be:\n${list()}\n`).to.equal(list())
  })

  it('shows a command as it is in the source', () => {
    const [, sample = ''] = /^ {3}```ts\n([\s\S]*?)^ {3}```$/m.exec(page) ?? []
    const source = readFileSync(new URL('../../lib/embedded/commands/list.ts', import.meta.url), 'utf8')
    expect(source).to.include(sample.replace(/^ {3}/gm, ''))
    expect(sample).to.not.equal('')
  })

  it('lists every option', () => {
    const options = [
      ...page
        .split('## Options')[1]!
        .split('\n## ')[0]!
        .matchAll(/^\| `(\w+)` \|/gm),
    ].map(([, name]) => name)
    expect(options).to.have.members(Object.keys(EMBEDDED_REDIS_DEFAULTS))
  })
})
