import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as settled } from 'node:timers/promises'
import { expect } from 'chai'
import { Viewers } from '../../lib/dashboard/viewers.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

/** A client of a stream of events; it reads unless it is told not to. */
class Client extends EventEmitter {
  readonly seen: string[] = []
  writableLength = 0
  isSlow = false
  destroyed = false
  headersSent = false

  writeHead(): void {
    this.headersSent = true
  }
  write(text: string): void {
    if (this.isSlow) this.writableLength += text.length
    else this.seen.push(text)
  }
  end(): void {
    this.destroy()
  }
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
  get views(): string[] {
    return this.seen.filter((text) => text.startsWith('event: view'))
  }
}

describe('the viewers of a dashboard', () => {
  let clock: ManualClock
  let viewers: Viewers
  let looks: number
  const read = async (): Promise<string> => {
    looks++
    return JSON.stringify({ look: looks, pad: 'x'.repeat(200_000) })
  }
  const add = (key = 'services'): Client => {
    const client = new Client()
    viewers.add(key, read, client as unknown as ServerResponse)
    return client
  }
  beforeEach(() => {
    clock = new ManualClock()
    looks = 0
    viewers = new Viewers({ refreshMs: 1_000, maxViewers: 100, clock, explain: String })
  })
  afterEach(() => viewers.close())

  it('share one look, which is taken only while there are any', async () => {
    const clients = Array.from({ length: 100 }, () => add())
    await settled()
    expect([looks, viewers.size, viewers.channels]).to.deep.equal([1, 100, 1])
    for (const client of clients) expect(client.views).to.have.lengthOf(1)
    clock.advance(1_000)
    await settled()
    expect(looks).to.equal(2)
    for (const client of clients) client.destroy()
    clock.advance(60_000)
    await settled()
    expect([looks, viewers.size, viewers.channels]).to.deep.equal([2, 0, 0])
  })

  it('are no more than the limit, of a thousand that come', async () => {
    let refused = 0
    for (let i = 0; i < 1_000; i++) {
      try {
        add(`view ${i}`)
      } catch {
        refused++
      }
    }
    expect([refused, viewers.size]).to.deep.equal([900, 100])
  })

  it('are gone when they do not read, and take nothing while they do not', async () => {
    const slow = add()
    await settled()
    slow.isSlow = true
    for (let i = 0; i < 40 && !slow.destroyed; i++) {
      clock.advance(1_000)
      await settled()
    }
    expect(slow.destroyed).to.equal(true)
    expect(slow.writableLength).to.be.lessThan(1_400_000)
    expect(viewers.size).to.equal(0)
  })

  it('come again after ten minutes, to be authorized again', async () => {
    const client = add()
    clock.advance(10 * 60_000)
    await settled()
    expect([client.destroyed, viewers.size]).to.deep.equal([true, 0])
  })
})
