import { expect } from 'chai'
import { itemIndex, readBatch, readEnd, readEndMode, readPull } from '../../../lib/rpc/streams/messages.ts'
import { STREAMS } from '../../wire/stream-vectors.ts'
import { codec, inMemory } from './in-memory.ts'

describe('streams as docs/protocol.md shows them', () => {
  for (const { source, make, name, args, reply, items, value } of STREAMS) {
    it(`${name} ${args} of: ${source}`, async () => {
      const stream = inMemory(make())
      const given = JSON.parse(args)
      const pulled = name === 'rpc.next' ? stream.source.pull(readPull(given)) : undefined
      const answer = pulled ?? stream.source.finish(readEndMode(given[0]), given[1])
      stream.clock.advance(0)
      expect(await answer).to.equal(reply)

      const json: unknown = JSON.parse(reply)
      if (name === 'rpc.return') {
        const end = readEnd(json)
        expect(codec.decode(end.value, end.meta)).to.deep.equal(value)
      } else {
        const batch = readBatch(json, 10_000)
        for (const [key, meta] of Object.entries(batch.metas ?? {})) {
          const index = itemIndex(key, batch.items.length)
          batch.items[index] = codec.decode(batch.items[index], meta)
        }
        expect(batch.items).to.deep.equal(items)
        expect(codec.decode(batch.value, batch.meta)).to.deep.equal(value)
      }
      stream.source.end(new Error('the test is over'))
      expect(stream.clock.pending).to.equal(0)
    })
  }
})
