import { expect } from 'chai'
import { ClosedError } from '../../lib/errors.ts'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import { Lifetime } from '../../lib/util/lifetime.ts'
import { rejection } from '../helpers/pair.ts'

describe('a lifetime', () => {
  let log: string[]
  let begun: Deferred<void>
  let ended: Deferred<void>
  let life: Lifetime
  beforeEach(() => {
    log = []
    begun = deferred()
    ended = deferred()
    life = new Lifetime({
      what: 'server calc',
      begin: () => {
        log.push('begin')
        return begun.promise
      },
      end: () => {
        log.push('end')
        return ended.promise
      },
    })
  })

  it('begins and ends once, however often it is told', async () => {
    begun.resolve()
    ended.resolve()
    await Promise.all([life.start(), life.start()])
    expect(life.close()).to.equal(life.close())
    await life.close()
    expect(log).to.deep.equal(['begin', 'end'])
  })

  it('does not begin once it was closed', async () => {
    ended.resolve()
    await life.close()
    for (const late of [life.start(), life.run()])
      expect(await rejection(late))
        .to.be.instanceOf(ClosedError)
        .with.property('message', 'server calc is closed')
    expect(log).to.deep.equal(['end'])
  })

  it('ends when it cannot begin, and says why', async () => {
    const why = new Error('no Redis')
    const starting = rejection(life.start())
    const running = rejection(life.run())
    begun.reject(why)
    ended.resolve()
    expect([await starting, await running]).to.deep.equal([why, why])
    expect(log).to.deep.equal(['begin', 'end'])
    expect(await rejection(life.start()), 'later').to.be.instanceOf(ClosedError)
  })

  it('says that it was closed while it began, with what that broke as the cause', async () => {
    const starting = rejection(life.start())
    const running = life.run()
    const closing = life.close()
    const why = new Error('its connection was closed')
    begun.reject(why)
    ended.resolve()
    expect(await starting)
      .to.be.instanceOf(ClosedError)
      .that.includes({ message: 'server calc was closed while it started', cause: why })
    await Promise.all([running, closing])
    expect(log).to.deep.equal(['begin', 'end'])
  })

  it('runs until it has ended', async () => {
    begun.resolve()
    let isOver = false
    const running = life.run().then(() => {
      isOver = true
    })
    await life.start()
    const closing = life.close()
    expect(isOver).to.equal(false)
    ended.resolve()
    await Promise.all([running, closing])
    expect(log).to.deep.equal(['begin', 'end'])
  })
})
