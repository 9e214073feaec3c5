import { expect } from 'chai'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { isNewer } from '../helpers/newer.ts'
import { elements } from './replies.ts'
import { TwoServers } from './two-servers.ts'

/** What COMMAND INFO and COMMAND DOCS answer of a command that is not there. */
const UNKNOWN = /^(\*1\r\n\*-1\r\n|\*1\r\n\$-1\r\n|\*0\r\n)$/

describe('facts of commands, compared with Redis', () => {
  const two = new TwoServers()

  for (const { name, since, subcommands } of COMMANDS) {
    if (isNewer(since)) continue
    it(`${name}: COMMAND INFO`, async () => {
      const names = [
        name,
        ...(subcommands ?? []).filter((sub) => !isNewer(sub.since)).map((sub) => `${name}|${sub.name}`),
      ]
      for (const fullName of names) {
        const [ours, theirs] = await Promise.all(two.clients.map((client) => client.call('COMMAND', 'INFO', fullName)))
        expect(theirs, `Redis 7.0 has no ${fullName}: its \`since\` is later`).not.to.match(UNKNOWN)
        expect(facts(ours!)).to.deep.equal(facts(theirs!), fullName)
      }
    })

    it(`${name}: COMMAND DOCS`, async () => {
      const [ours, theirs] = await Promise.all(two.clients.map((client) => client.call('COMMAND', 'DOCS', name)))
      expect(theirs, `Redis 7.0 has no ${name}: its \`since\` is later`).not.to.match(UNKNOWN)
      expect(docs(ours!)).to.deep.include(docs(theirs!))
    })
  }
})

/** A command without its subcommands, which Redis gives in no order; nor have its flags and categories one. */
function facts(reply: string): readonly string[] {
  const [name, arity, flags, first, last, step, categories, tips, specs] = elements(elements(reply)[0]!)
  const sorted = (set: string): string => elements(set).sort().join('')
  return [name!, arity!, sorted(flags!), first!, last!, step!, sorted(categories!), tips!, specs!]
}

/** What the documentation says of a command as such; the grammar of its arguments is not kept here. */
function docs(reply: string): Readonly<Record<string, string>> {
  const pairs = elements(elements(reply)[1]!)
  const told: Record<string, string> = {}
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!.split('\r\n')[1]!
    if (['summary', 'since', 'group', 'complexity'].includes(name)) told[name] = pairs[i + 1]!
  }
  return told
}
