import { expect } from 'chai'
import { PARAMETERS } from '../../../lib/embedded/config/parameters.ts'
import { elements } from './replies.ts'
import { TwoServers } from './two-servers.ts'

/** What somebody might set a parameter to. */
const VALUES = ['x', '-1', '0', '1', '1.5', '', 'yes', 'no', '100', '1mb', '5%', '105%', '99999999999', '1 2 3', 'a b']

/** Those that would cut the test off, change what a Redis may do on its machine, or begin to write a file. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'appendonly',
  'bind',
  'bind-source-addr',
  'client-query-buffer-limit',
  'crash-log-enabled',
  'crash-memcheck-enabled',
  'maxclients',
  'maxmemory',
  'oom-score-adj',
  'oom-score-adj-values',
  'port',
  'proc-title-template',
  'requirepass',
  'tcp-keepalive',
  'timeout',
  'tls-port',
])

describe('parameters, compared with Redis', () => {
  const two = new TwoServers()

  for (const name of PARAMETERS.keys()) {
    if (LEFT_OUT.has(name)) continue
    it(`${name} takes and refuses the same`, async () => {
      for (const value of VALUES) {
        for (const argv of [
          ['CONFIG', 'SET', name, value],
          ['CONFIG', 'GET', name],
        ]) {
          const [ours, theirs] = await Promise.all(two.clients.map((client) => client.call(...argv)))
          // Until it has been set both may have it otherwise.
          if (argv[1] === 'GET' && differs(name)) continue
          expect(ours, argv.join(' ')).to.equal(theirs)
        }
      }
    })
  }

  it('are set to what they are', async () => {
    const [client] = two.clients
    const all = elements(await client!.call('CONFIG', 'GET', '*'))
    const text = (reply: string): string => reply.slice(reply.indexOf('\r\n') + 2, -2)
    for (let i = 0; i < all.length; i += 2) {
      const reply = await client!.call('CONFIG', 'SET', text(all[i]!), text(all[i + 1]!))
      expect(reply, text(all[i]!)).to.match(/^\+OK|can't set (immutable|protected) config/)
    }
  })
})

/** Whether its value is one thing here and another there. */
function differs(name: string): boolean {
  return ['client-output-buffer-limit', 'dir', 'enable-debug-command', 'repl-backlog-size'].includes(name)
}
