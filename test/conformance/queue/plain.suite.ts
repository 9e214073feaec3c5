import { expect } from 'chai'
import { InvalidDataError } from 'redis-object-rpc/ipc'
import { rejection } from '../../ipc/helpers.ts'
import { JUNK } from './junk.ts'
import type { Queues } from './queues.ts'

/** What a plain reader does with junk and with handlers that throw. */
export function plainReaderSuite(queues: Queues): void {
  const { bench, plain } = queues
  for (const [junk, problem] of JUNK) {
    it(`throws ${junk.slice(0, 40) || 'an empty text'} and goes on`, async () => {
      const queue = plain({ maxMessageBytes: 1_500, maxDepth: 100 })
      await bench.raw.lpush(bench.name, junk, '{"uuid":"good","content":1}')
      const error = (await rejection(queue.bNext())) as InvalidDataError
      expect(error).to.be.instanceOf(InvalidDataError)
      expect(error.key).to.equal(bench.name)
      if (/"uuid":"u".*content/.test(junk) && /^.$/.test(problem.source)) expect(error.id).to.equal('u')
      expect(error.message).to.match(problem)
      expect(await queue.next()).to.deep.equal({ uuid: 'good', content: 1, metadata: {} })
    })
  }

  it('reports junk and goes on in a loop', async () => {
    await bench.raw.lpush(bench.name, 'junk', '{"uuid":"good","content":1}')
    for await (const task of plain()) {
      expect(task.uuid).to.equal('good')
      break
    }
    expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
  })

  it('reports what handlers throw, and junk, and goes on', async () => {
    await bench.raw.lpush(
      bench.name,
      'junk',
      '{"uuid":"a","content":1}',
      '{"uuid":"b","content":2}',
      '{"uuid":"c","content":3}',
    )
    const queue = plain<number>()
    const stop = new AbortController()
    await queue.process(
      async ({ content }) => {
        if (content === 1) throw new Error('one')
        if (content === 2) throw 'two'
        stop.abort()
      },
      { signal: stop.signal },
    )
    expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA', 'one', 'two'])
  })
}
