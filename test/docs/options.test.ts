import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { checkClientOptions } from '../../lib/client/options.ts'
import { checkServerOptions } from '../../lib/server/options.ts'

const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8')

/** The options in the tables with these heads. */
function optionsOf(...heads: readonly string[]): string[] {
  return heads.flatMap((head) => {
    const [, table = ''] = new RegExp(`^\\| ${head} \\| default \\| \\|\\n([\\s\\S]*?)\\n\\n`, 'm').exec(page) ?? []
    return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!)
  })
}

describe('docs/options.md', () => {
  it('lists every option of clients and servers', () => {
    // The clock is in the text below the tables.
    expect([...optionsOf('both', 'client'), 'clock']).to.have.members(Object.keys(checkClientOptions({})))
    expect([...optionsOf('both', 'server'), 'clock']).to.have.members(Object.keys(checkServerOptions({})))
  })

  it('lists every member of a server, and of the control of a client', async () => {
    const server = new RedisRPCServer('redis://127.0.0.1:1', 'calc', {})
    const client = control(new RedisRPCClient<object>('redis://127.0.0.1:1', 'calc'))
    for (const [called, object] of [
      ['server', server],
      ['control(client)', client],
    ] as const) {
      // What `pipe()` uses is not for users.
      const names = Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter(
        (name) => !['constructor', 'pipe'].includes(name),
      )
      const missing = names.filter((name) => !page.includes(`\`${called}.${name}`))
      expect(missing, `members of ${called} that docs/options.md does not name`).to.deep.equal([])
    }
    await client.close()
    await server.close()
  })
})
