import { expect } from 'chai'
import { Redis } from 'ioredis'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { closeLeavingNothing, startPair } from '../../helpers/pair.ts'

const HANDLES: readonly unknown[] = [
  null,
  5,
  [],
  {},
  { id: 1, loan: 1 },
  { at: 7, id: 1, loan: 1 },
  { at: 'x'.repeat(513), id: 1, loan: 1 },
  { at: 'elsewhere', id: 1, loan: 1 },
  { at: '', id: -1, loan: 1 },
  { at: '', id: 0.5, loan: 1 },
  { at: '', id: 1, loan: '1' },
]

describeLeavingNothing('a server that gets malformed handles', (redis) => {
  it('refuses each, borrows nothing, and goes on', async () => {
    const pair = await startPair(redis(), { take: (_thing: unknown) => 'taken' })
    const { name, server, client } = pair
    const raw = new Redis(redis().url)
    const inbox = `${name}:rpc:V1StGXR8_Z5j`
    for (const kind of ['Function', 'Reference', 'Stream', 'AbortSignal'])
      for (const handle of HANDLES) {
        const call = { name: 'take', args: [handle] }
        const meta = { values: { 0: [['custom', kind]] }, v: 1 }
        await raw.rpush(name, JSON.stringify({ function_call: call, meta, response_queue: inbox, id: 1 }))
        const [, reply = '{}'] = (await raw.blpop(inbox, 10)) ?? []
        expect(JSON.parse(reply).error?.fields?.code, `${kind} ${JSON.stringify(handle)}`).to.equal('ERR_PROTOCOL')
      }
    expect(await client.take(1)).to.equal('taken')
    expect(server.stats.borrowed).to.equal(0)
    raw.disconnect()
    await closeLeavingNothing(pair, redis())
  })
})
