import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { Answer } from '../../../lib/rpc/fate/answer.ts'
import { type DoubtfulCall, Inquiry } from '../../../lib/rpc/fate/inquiry.ts'
import { SeenServers } from '../../../lib/rpc/presence/seen-servers.ts'
import type { TableLook } from '../../../lib/rpc/presence/server-table.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const SERVER = 'abcdefghijkl'
const STEP_MS = 50
const TIMEOUT_MS = 60_000

/** One call to a server that dies at some time; all on one clock. */
class Scene {
  readonly clock = new ManualClock(0)
  readonly leaseMs: number
  readonly diesAt: number
  /** When the call was found to be lost. */
  lostAt: number | undefined
  looks = 0
  #isSettled = false

  constructor(leaseMs: number, diesAt: number) {
    this.leaseMs = leaseMs
    this.diesAt = diesAt
  }

  async play(untilMs: number): Promise<void> {
    const inquiry = this.#inquiry()
    inquiry.observe(this.#look(), 0)
    inquiry.watch()
    while (this.clock.now() < untilMs && !this.#isSettled) {
      this.clock.advance(STEP_MS)
      await setImmediate()
    }
    inquiry.close()
  }

  #inquiry(): Inquiry<DoubtfulCall> {
    const scene = this
    const call: DoubtfulCall = {
      id: 1,
      look: 1,
      sentAt: 0,
      isRepeatable: false,
      push: 'pushed',
      get cancelled() {
        return scene.#isSettled
      },
    }
    return new Inquiry({
      waiting: () => (this.#isSettled ? [] : [call]),
      servers: new SeenServers(),
      look: async () => this.#look(),
      connectedAt: () => -TIMEOUT_MS,
      hasEndedOldConnections: () => true,
      ask: () => this.#ask(),
      find: async (calls) => calls.map(() => false),
      resend: () => expect.fail('it may have run'),
      fail: () => {
        this.#isSettled = true
        this.lostAt = this.clock.now()
      },
      onLook: () => {},
      onNoServer: () => {},
      noServerTimeoutMs: Number.POSITIVE_INFINITY,
      onLost: () => {},
      clock: this.clock,
    })
  }

  /** The server renews its lease three times before it ends. */
  #look(): TableLook {
    this.looks++
    const now = this.clock.now()
    const alive = Math.min(now, this.diesAt)
    const renewedAt = alive - (alive % (this.leaseMs / 3))
    const entry = { id: SERVER, leaseMs: this.leaseMs, life: '', connections: [], score: renewedAt + this.leaseMs }
    return { now, entries: [entry], junk: 0 }
  }

  #ask(): Promise<Answer | undefined> {
    if (this.clock.now() >= this.diesAt)
      return new Promise((resolve) => void this.clock.setTimer(() => resolve(undefined), 1_000))
    const nothing = { answered: [], done: [], forgotten: [], met: [] }
    return Promise.resolve({ ...nothing, running: [1], reachMs: null, gaplessMs: 0, settlesMs: 0 })
  }
}

describe('asking after a call that runs', () => {
  for (const leaseMs of [1_000, 5_000]) {
    it(`finds out within a lease of ${leaseMs} ms and two seconds that its server died, whenever that was`, async () => {
      for (let diesAt = 0; diesAt <= 30_000; diesAt += 250) {
        const scene = new Scene(leaseMs, diesAt)
        await scene.play(TIMEOUT_MS)
        expect(scene.lostAt, `dies at ${diesAt}`).to.be.a('number')
        expect(scene.lostAt! - diesAt, `dies at ${diesAt}`).to.be.within(0, leaseMs + 2_000)
      }
    })
  }

  it('has the connections of a lost server ended each time that it is lost', () => {
    const ended: (readonly number[])[] = []
    const nothing = () => {}
    const inquiry = new Inquiry<DoubtfulCall>({
      waiting: () => [],
      servers: new SeenServers(),
      look: () => expect.fail('no call waits'),
      connectedAt: () => -TIMEOUT_MS,
      hasEndedOldConnections: () => true,
      ask: () => expect.fail('no call waits'),
      find: () => expect.fail('no call waits'),
      resend: nothing,
      fail: nothing,
      onLook: nothing,
      onNoServer: nothing,
      noServerTimeoutMs: Number.POSITIVE_INFINITY,
      onLost: ({ connections }) => void ended.push(connections),
      clock: new ManualClock(0),
    })
    const look = (now: number, score: number, connections: readonly number[]): void =>
      inquiry.observe({ now, entries: [{ id: SERVER, leaseMs: 1_000, life: '', connections, score }], junk: 0 }, now)
    look(0, 1_000, [1, 2])
    look(2_000, 1_000, [1, 2])
    look(3_000, 1_000, [1, 2])
    expect(ended).to.deep.equal([[1, 2]])
    look(4_000, 5_000, [3, 4])
    look(6_000, 5_000, [3, 4])
    expect(ended).to.deep.equal([
      [1, 2],
      [3, 4],
    ])
  })

  it('looks no more often than twice a second, however short the leases', async () => {
    const scene = new Scene(30, Number.POSITIVE_INFINITY)
    await scene.play(10_000)
    expect(scene.looks).to.be.within(2, 21)
  })
})
