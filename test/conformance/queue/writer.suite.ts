import { expect } from 'chai'
import { WrongTypeError } from 'redis-object-rpc/ipc'
import { rejection } from '../../ipc/helpers.ts'
import type { Queues } from './queues.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What a queue's writer sends: the wire of redis_ipc. */
export function writerSuite(queues: Queues): void {
  const { bench, write, plain, texts } = queues
  it('publishes exactly the text of redis_ipc, at the left end', async () => {
    const jobs = write()
    const first = await jobs.publish({ image: 'cat.png', width: 320 })
    const second = await jobs.publish('two')
    expect(first).to.match(UUID)
    expect(await texts()).to.deep.equal([
      `{"uuid":"${second}","content":"two"}`,
      `{"uuid":"${first}","content":{"image":"cat.png","width":320}}`,
    ])
  })

  it('publishes what begins in one turn in its order', async () => {
    const jobs = write<number>()
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => jobs.publish(i)))
    const contents = (await texts()).map((text) => JSON.parse(text).content)
    expect(contents).to.deep.equal(Array.from({ length: 1_000 }, (_, i) => 999 - i))
    expect(await jobs.len()).to.equal(1_000)
  })

  it('carries what JSON does not, and a plain reader still reads the JSON', async () => {
    const uuid = await write().publish({ at: new Date(0), tags: new Set(['a']) })
    const [text] = await texts()
    expect(text).to.match(
      new RegExp(`^{"uuid":"${uuid}","content":{"at":"1970-01-01T00:00:00.000Z","tags":\\["a"\\]},"meta":`),
    )
    expect(await plain().next()).to.deep.equal({
      uuid,
      content: { at: new Date(0), tags: new Set(['a']) },
      metadata: {},
    })
  })

  it('says which key has which type when it is not a list', async () => {
    await bench.raw.set(bench.name, 'text')
    const error = await rejection(write().publish(1))
    expect(error).to.be.instanceOf(WrongTypeError)
    expect(error).to.include({ key: bench.name, expected: 'list', actual: 'string' })
    expect(error.message).to.equal(`${bench.name} must be a list in Redis and is a string`)
  })

  it('refuses what cannot travel, and says where it is', async () => {
    const error = await rejection(write().publish({ run: () => 1 }))
    expect(error).to.include({ code: 'ERR_SERIALIZATION', path: 'content.run' })
    expect(await texts()).to.deep.equal([])
  })

  it('publishes no more once it is closed', async () => {
    const jobs = write()
    const published = jobs.publish(1)
    await jobs.close()
    await published
    expect((await rejection(jobs.publish(2))).code).to.equal('ERR_CLOSED')
    expect(await texts()).to.have.length(1)
  })
}
