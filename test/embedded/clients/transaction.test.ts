import { expect } from 'chai'
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { splitArguments } from '../../../lib/embedded/text/arguments.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { RawClient } from '../helpers/raw-client.ts'

/** What happens to a key whose time is over, or that is not there, between WATCH and EXEC; `...` lets time pass. */
const CASES: readonly (readonly [title: string, commands: readonly string[], runs: boolean])[] = [
  ['a stale key is watched', ['SET x 1 PX 1', '...', 'WATCH x'], true],
  ['a stale key is watched and then found gone', ['SET x 1 PX 1', '...', 'WATCH x', 'EXISTS x'], true],
  ['a stale key is watched and flushed', ['SET x 1 PX 1', '...', 'WATCH x', 'FLUSHDB'], true],
  ['a stale key is watched and made anew', ['SET x 1 PX 1', '...', 'WATCH x', 'SET x 2'], false],
  ['a watched key becomes stale', ['SET x 1 PX 1', 'WATCH x', '...'], false],
  ['a watched key becomes stale and is flushed', ['SET x 1 PX 1', 'WATCH x', '...', 'FLUSHDB'], false],
  ['nothing takes the place of a stale key', ['SET x 1 PX 1', '...', 'WATCH x', 'SWAPDB 0 1'], true],
  ['a stale key takes the place of nothing', ['SET x 1 PX 1', '...', 'SELECT 1', 'WATCH x', 'SWAPDB 0 1'], true],
  [
    'a stale key takes the place of a stale key',
    ['SET x 1 PX 1', 'SELECT 1', 'SET x 2 PX 1', '...', 'WATCH x', 'SWAPDB 0 1'],
    true,
  ],
  [
    'a key takes the place of a stale key',
    ['SELECT 1', 'SET x 1', 'SELECT 0', 'SET x 1 PX 1', '...', 'WATCH x', 'SWAPDB 0 1'],
    false,
  ],
  ['nothing takes the place of a key', ['SET x 1', 'WATCH x', 'SWAPDB 0 1'], false],
  ['a key takes the place of nothing', ['SET x 1', 'SELECT 1', 'WATCH x', 'SWAPDB 0 1'], false],
]

describe('a transaction that watches keys whose time is over', () => {
  for (const [title, commands, runs] of CASES) {
    it(`${runs ? 'runs' : 'does not run'} when ${title}`, async () => {
      const clock = new ManualClock()
      const server = await EmbeddedRedis.start({ clock })
      const client = await RawClient.connect(server.port)
      // Nobody else is to remove the key.
      await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
      for (const command of commands) {
        if (command === '...') clock.advance(5)
        else await client.call(...splitArguments(command)!)
      }
      await client.call('MULTI')
      await client.call('PING')
      expect(await client.call('EXEC')).to.equal(runs ? '*1\r\n+PONG\r\n' : '*-1\r\n')
      await client.close()
      await server.close()
    })
  }
})
