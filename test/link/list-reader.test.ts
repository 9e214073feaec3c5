import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ClosedError, ConnectionError } from '../../lib/errors.ts'
import { Link } from '../../lib/link/link.ts'
import { LONGEST_SILENCE_MS } from '../../lib/link/watchdog.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock, meanwhile } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

/** How long a pop may take: it waits for a second. */
const LONGEST_POP_MS = 1_000 + LONGEST_SILENCE_MS

describe('a reader of lists', () => {
  let clock: ManualClock
  let redis: FakeRedis
  let link: Link
  let lists: string[]
  /** Those that are read without room, too. */
  let roomless: string[]
  let capacity: number
  let told: Error[]
  let batches: [list: string, ...texts: string[]][]

  const make = (url: string): void => {
    link = new Link(addressOf(url), {
      home: 'list',
      inlet: {
        lists: (hasRoom) => (hasRoom ? lists : roomless),
        capacity: () => capacity,
        onBatch: (texts, list) => void batches.push([list, ...texts]),
        expireMs: () => undefined,
      },
      onError: (error) => void told.push(error),
      connectTimeoutMs: 1_000,
      clock,
    })
  }
  beforeEach(async () => {
    clock = new ManualClock()
    redis = await FakeRedis.start()
    lists = ['list']
    roomless = []
    capacity = 10
    told = []
    batches = []
    make(redis.url)
  })
  afterEach(async () => {
    redis.answers.delete('RPUSH')
    await meanwhile(clock, link.close())
    await redis.close()
    expect(clock.pending, 'timers left').to.equal(0)
  })
  const pops = (): string[][] => redis.commands.filter(([command]) => command === 'BLMPOP')
  /** The pop that waits now. */
  const popping = async (count: number): Promise<string[]> => {
    await until(() => pops().length === count)
    return pops().at(-1) as string[]
  }

  it('has started once a pop has come back', async () => {
    const held = deferred<void>()
    redis.answers.set('RPUSH', () => {
      held.resolve()
      return undefined
    })
    let open = false
    const opening = link.open().then(() => {
      open = true
    })
    await held.promise
    await setImmediate()
    expect(open).to.equal(false)
    redis.answers.delete('RPUSH')
    redis.wake()
    await opening
    expect(link.isOpen).to.equal(true)
  })

  it('does not start when it may not pop, and says why', async () => {
    redis.answers.set('BLMPOP', () => reply.error("NOPERM this user has no permissions to run the 'blmpop' command"))
    const error = (await rejection(link.open())) as Error
    expect(error).to.be.instanceOf(ConnectionError)
    expect(error.message).to.include('cannot read from list').and.include('NOPERM')
    redis.answers.delete('BLMPOP')
    await link.open()
    expect(told).to.deep.equal([])
  })

  it('does not start when it may not push to its wake list', async () => {
    redis.answers.set('RPUSH', () => reply.error('NOPERM no permissions to access a key'))
    expect(((await rejection(link.open())) as Error).message).to.include('NOPERM')
    redis.answers.delete('RPUSH')
  })

  it('starts without room for messages, and then takes none', async () => {
    capacity = 0
    await link.open()
    expect(await popping(1)).to.not.include('list')
    capacity = 3
    link.resume()
    expect((await popping(2)).slice(-2)).to.deep.equal(['COUNT', '3'])
  })

  it('pops with room when there is room again in the turn in which it would pop without', async () => {
    capacity = 0
    roomless = ['own']
    await link.open()
    expect(await popping(1))
      .to.include('own')
      .and.not.include('list')
    await setImmediate()
    capacity = 3
    link.resume()
    clock.advance(20)
    expect(await popping(2)).to.include('list')
  })

  it('waits on the new lists after a wake-up', async () => {
    await link.open()
    await popping(2)
    lists = ['list', 'more']
    link.wake()
    expect(await popping(3)).to.include('more')
  })

  it('is woken up again when a wake-up was lost', async () => {
    await link.open()
    await popping(2)
    redis.answers.set('RPUSH', () => reply.error('OOM command not allowed'))
    lists = ['list', 'more']
    link.wake()
    const refused = () => redis.commands.filter(([command]) => command === 'RPUSH').length === 2
    await until(refused)
    redis.answers.delete('RPUSH')
    await until(() => {
      clock.advance(50)
      return pops().length === 3
    })
    expect(pops().at(-1)).to.include('more')
  })

  it('drops a half-open connection some time after a pop should have ended, and pops on a new one', async () => {
    await using proxy = await TcpProxy.start(redis.url)
    make(proxy.url)
    await link.open()
    await popping(2)
    proxy.hold()
    clock.advance(LONGEST_POP_MS)
    await setImmediate()
    expect(proxy.connections.size).to.equal(2)
    proxy.release()
    clock.advance(100)
    await until(() => proxy.connections.size === 1)
    clock.advance(250)
    await popping(3)
  })

  it('reads an answer that lay there while the process was held up', async () => {
    await link.open()
    await popping(2)
    redis.wake(reply.popped('list', ['a']))
    clock.advance(LONGEST_POP_MS)
    await until(() => batches.length === 1)
    expect(batches).to.deep.equal([['list', 'a']])
    await popping(3)
  })

  it('goes on after errors, and tells one that lasts once', async () => {
    await link.open()
    await popping(2)
    redis.answers.set('BLMPOP', () => reply.error('WRONGTYPE Operation against a key holding the wrong kind of value'))
    redis.wake()
    await until(() => {
      clock.advance(50)
      return pops().length > 8
    })
    expect(told).to.have.lengthOf(1)
    expect(told[0]?.message).to.include('WRONGTYPE')
    redis.answers.delete('BLMPOP')
    const before = pops().length
    await until(() => {
      clock.advance(50)
      return pops().length > before
    })
    await setImmediate()
    redis.wake(reply.popped('list', ['a']))
    await until(() => batches.length === 1)
  })

  it('pops on another connection when its server has become a replica', async () => {
    await link.open()
    await popping(2)
    redis.wake(
      reply.error('UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'),
    )
    await until(() => {
      clock.advance(50)
      return pops().length === 3
    })
    redis.wake(reply.popped('list', ['a']))
    await until(() => batches.length === 1)
    expect(told).to.deep.equal([])
  })

  it('names its wake list when it may not pop and reads no other', async () => {
    lists = []
    redis.answers.set('BLMPOP', () => reply.error('NOPERM no permissions'))
    expect(((await rejection(link.open())) as Error).message).to.match(
      /cannot read from list\S*:wake:\S+: NOPERM|cannot read from \{list\}:wake:\S+: NOPERM/,
    )
    redis.answers.delete('BLMPOP')
  })

  it('does not pop without room on a connection that was lost meanwhile', async () => {
    capacity = 0
    roomless = ['own']
    await link.open()
    await popping(1)
    // It would pop without room in a little while.
    redis.cut()
    await until(() => link.connectedAt === undefined)
    clock.advance(20)
    expect(pops()).to.have.lengthOf(1)
    await until(() => {
      clock.advance(50)
      return pops().length === 2
    })
  })

  it('does not start when the connection breaks for good before the first pop has come back', async () => {
    redis.answers.set('RPUSH', () => undefined)
    const opening = rejection(link.open())
    await popping(1)
    redis.answers.set('PING', () => reply.error('NOAUTH Authentication required.'))
    redis.cut()
    const error = await meanwhile(clock, opening)
    expect(error).to.be.instanceOf(ConnectionError)
    redis.answers.delete('PING')
  })

  it('uses BLPOP and LPOP where there is no BLMPOP', async () => {
    redis.answers.set('BLMPOP', () => reply.error("ERR unknown command 'blmpop', with args beginning with: "))
    redis.answers.set('BLPOP', (args) => reply.array([args.includes('list') ? 'list' : '', 'a']))
    redis.answers.set('LPOP', () => {
      redis.answers.set('BLPOP', () => undefined)
      return reply.array(['b', 'c'])
    })
    await link.open()
    await until(() => batches.length === 1)
    expect(batches).to.deep.equal([['list', 'a', 'b', 'c']])
    redis.answers.set('RPUSH', () => reply.error('OOM'))
  })

  it('hands over what it has when the connection breaks between BLPOP and LPOP', async () => {
    await using proxy = await TcpProxy.start(redis.url)
    make(proxy.url)
    redis.answers.set('BLMPOP', () => reply.error("ERR unknown command 'blmpop', with args beginning with: "))
    redis.answers.set('BLPOP', () => reply.array(['list', 'a']))
    redis.answers.set('LPOP', () => {
      redis.answers.set('BLPOP', () => undefined)
      proxy.cut()
      return undefined
    })
    await link.open()
    await until(() => batches.length === 1)
    expect(batches).to.deep.equal([['list', 'a']])
  })

  it('stops within its bound although Redis does not answer any more', async () => {
    await link.open()
    await popping(2)
    redis.answers.set('RPUSH', () => undefined)
    let stopped = false
    const stopping = link.stopReading().then(() => {
      stopped = true
    })
    clock.advance(1_999)
    await setImmediate()
    expect(stopped).to.equal(false)
    clock.advance(1)
    await stopping
  })

  it('closes within its bound although Redis does not answer any more', async () => {
    await link.open()
    await popping(2)
    for (const command of ['RPUSH', 'DEL']) redis.answers.set(command, () => undefined)
    const closing = link.close()
    clock.advance(2_000)
    await setImmediate()
    clock.advance(2_000)
    await closing
  })

  it('rejects an opening that a close overtakes', async () => {
    const asked = deferred<void>()
    redis.answers.set('DEL', () => undefined)
    redis.answers.set('TIME', () => {
      asked.resolve()
      return undefined
    })
    const opening = rejection(link.open())
    await asked.promise
    const closing = link.close()
    await until(() => redis.commands.some(([command]) => command === 'DEL'))
    clock.advance(2_000)
    await closing
    expect(await opening).to.be.instanceOf(ClosedError)
    expect(await rejection(link.open())).to.be.instanceOf(ClosedError)
  })

  it('does not start when it is stopped as soon as it has connected', async () => {
    let ups = 0
    link.observe(() => {
      if (++ups === 2) void link.stopReading()
    })
    expect(await rejection(link.open())).to.be.instanceOf(ClosedError)
    expect(pops()).to.deep.equal([])
  })

  it('does not wait for ever for a Redis that goes silent while it opens', async () => {
    redis.answers.set('TIME', () => undefined)
    const opening = rejection(link.open())
    await until(() => redis.commands.some(([command]) => command === 'TIME'))
    clock.advance(5_100)
    expect(await opening).to.be.instanceOf(ConnectionError)
  })
})
