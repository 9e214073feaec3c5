import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { AnyCommand } from '../../lib/embedded/catalog/facts.ts'
import { COMMANDS } from '../../lib/embedded/commands/all.ts'
import { DEFAULTS } from '../../lib/embedded/index.ts'

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

function isNewer(since: string): boolean {
  const [major, minor] = since.split('.').map(Number)
  return major! > 7 || (major === 7 && minor! > 0)
}

describe('docs/embedded.md', () => {
  it('lists every command', () => {
    const listed = page.split(/<!-- commands.*-->\n/)[1]!.split('\n<!-- end')[0]
    expect(listed, `it should be:\n${list()}\n`).to.equal(list())
  })

  it('lists every option', () => {
    const options = [
      ...page
        .split('## Options')[1]!
        .split('\n## ')[0]!
        .matchAll(/^\| `(\w+)` \|/gm),
    ].map(([, name]) => name)
    expect(options).to.have.members(Object.keys(DEFAULTS))
  })
})
