import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ClosedError, ConnectionError, type DeliveryError, DeliveryUnknownError } from '../../lib/errors.ts'
import { Connection } from '../../lib/link/connection.ts'
import { Outbox, type PushedMessage } from '../../lib/link/outbox.ts'
import { LONGEST_SILENCE_MS } from '../../lib/link/watchdog.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

/** A message that remembers what became of it. */
class Message implements PushedMessage {
  readonly text: string
  cancelled = false
  delivered_ = 0
  readonly errors: DeliveryError[] = []
  constructor(text: string) {
    this.text = text
  }
  delivered(): void {
    this.delivered_++
  }
  undelivered(error: DeliveryError): void {
    this.errors.push(error)
  }
}

describe('an outbox', () => {
  let clock: ManualClock
  let redis: FakeRedis
  let connection: Connection
  let outbox: Outbox
  let told: Error[]

  const make = (url: string, expireMs?: number): void => {
    connection = new Connection(addressOf(url), { connectTimeoutMs: 1_000, clock })
    const onError = (error: Error) => void told.push(error)
    outbox = new Outbox(connection, { expireMs: () => expireMs, patienceMs: 1_000, onError, clock })
  }
  beforeEach(async () => {
    clock = new ManualClock()
    told = []
    redis = await FakeRedis.start()
    make(redis.url)
  })
  afterEach(async () => {
    outbox.close()
    connection.close()
    await redis.close()
    expect(clock.pending, 'timers left').to.equal(0)
  })
  const push = (...texts: string[]): Message[] =>
    texts.map((text) => {
      const message = new Message(text)
      outbox.push('list', message)
      return message
    })
  const pushes = (): string[][] =>
    redis.commands.filter(([command]) => command === 'RPUSH').map(([, , ...texts]) => texts)

  it('sends what one turn pushes as one command, and tells each message once', async () => {
    await connection.open()
    const messages = push('a', 'b', 'c')
    await outbox.drained()
    expect(pushes()).to.deep.equal([['a', 'b', 'c']])
    expect(messages.map(({ delivered_, errors }) => [delivered_, errors.length])).to.deep.equal([
      [1, 0],
      [1, 0],
      [1, 0],
    ])
  })

  it('sends the first of very many at once, and the rest together', async () => {
    await connection.open()
    const texts = Array.from({ length: 300 }, (_, n) => `${n}`)
    push(...texts)
    await outbox.drained()
    expect(pushes()).to.deep.equal([texts.slice(0, 64), texts.slice(64)])
    // While it is on its way, all that comes waits for the end of the turn.
    push('first')
    await Promise.resolve()
    process.nextTick(() => push(...texts))
    await outbox.drained()
    expect(pushes().slice(2)).to.deep.equal([['first'], texts])
  })

  it('cuts a command by its size and by its number of arguments', async () => {
    await connection.open()
    push(...Array.from({ length: 3 }, () => 'x'.repeat(60_000)), ...Array.from({ length: 70_000 }, () => ''))
    await outbox.drained()
    expect(pushes().map(({ length }) => length)).to.deep.equal([1, 1, 62, 65_537, 4_402])
  })

  it('leaves out what nobody wants sent any more', async () => {
    const [first, , last] = push('a', 'b', 'c')
    first!.cancelled = last!.cancelled = true
    await connection.open()
    await outbox.drained()
    expect(pushes()).to.deep.equal([['b']])
  })

  it('is drained although what waits for a connection was cancelled', async () => {
    for (const message of push('a', 'b')) message.cancelled = true
    await outbox.drained()
  })

  it('keeps what is pushed while there is no connection, and refuses it when there is none in time', async () => {
    await using silent = await TcpProxy.start()
    make(silent.url)
    const opening = connection.open().catch(() => {})
    const [early] = push('early')
    await until(() => silent.connections.size > 0)
    expect(early!.errors).to.deep.equal([])
    clock.advance(1_100)
    await opening
    const [late] = push('late')
    await until(() => late!.errors.length > 0)
    for (const message of [early, late]) {
      expect(message!.errors).to.have.lengthOf(1)
      expect(message!.errors[0]).to.be.instanceOf(ConnectionError)
    }
  })

  it('tells that delivery is unknown when the connection breaks before Redis confirmed, and never sends it again', async () => {
    await using proxy = await TcpProxy.start(redis.url)
    make(proxy.url)
    await connection.open()
    proxy.toClient = (chunk) => (chunk.toString() === reply.number(1) ? 'cut' : 'pass')
    const [message] = push('once')
    await until(() => message!.errors.length > 0)
    proxy.release()
    clock.advance(100)
    await until(() => connection.ready !== undefined)
    push('next')
    await outbox.drained()
    expect(message!.errors).to.have.lengthOf(1)
    expect(message!.errors[0]).to.be.instanceOf(DeliveryUnknownError)
    expect(message!.delivered_).to.equal(0)
    expect(pushes()).to.deep.equal([['once'], ['next']])
  })

  it('sends later what was pushed after the connection had ended but before that was noticed', async () => {
    const life = await connection.open()
    life.disconnect()
    const [message] = push('a')
    await until(() => connection.ready === undefined)
    await until(() => clock.pending > 0)
    clock.advance(150)
    await until(() => message!.delivered_ === 1 || message!.errors.length > 0)
    expect(message!.errors).to.deep.equal([])
    expect(pushes()).to.deep.equal([['a']])
  })

  for (const busy of [
    'LOADING Redis is loading',
    'CLUSTERDOWN Hash slot not served',
    'TRYAGAIN later',
    'BUSY script',
    "OOM command not allowed when used memory > 'maxmemory'.",
    'MISCONF Errors writing to the AOF file: No space left on device',
    'NOREPLICAS Not enough good replicas to write.',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  ]) {
    it(`offers again, in order, what was refused with ${busy}`, async () => {
      await connection.open()
      let refusals = 3
      redis.answers.set('RPUSH', () => (refusals-- > 0 ? reply.error(busy) : reply.number(1)))
      const long = 'x'.repeat(60_000)
      const messages = push(`1${long}`, `2${long}`, `3${long}`)
      await until(() => pushes().length === 3 && clock.pending === 1)
      messages.push(...push('4'))
      await setImmediate()
      expect(pushes(), 'what comes meanwhile waits').to.have.lengthOf(3)
      clock.advance(100)
      await outbox.drained()
      expect(messages.map(({ delivered_, errors }) => [delivered_, errors.length])).to.deep.equal(Array(4).fill([1, 0]))
      const taken = pushes().slice(3).flat()
      expect(taken.map((text) => text[0]).join('')).to.equal('1234')
    })
  }

  it('gives up what Redis does not take for too long, and goes on when it does again', async () => {
    await connection.open()
    redis.answers.set('RPUSH', () => reply.error('LOADING Redis is loading'))
    const [message] = push('a')
    await until(() => {
      clock.advance(5)
      return message!.errors.length > 0
    })
    expect(message!.errors).to.have.lengthOf(1)
    expect(message!.errors[0]).to.be.instanceOf(ConnectionError)
    expect(message!.errors[0]!.message).to.include('LOADING')
    expect(pushes().length, 'bounded').to.be.within(2, 11)
    const [next] = push('b')
    await until(() => next!.errors.length > 0)
    redis.answers.delete('RPUSH')
    const [good] = push('c')
    await outbox.drained()
    expect(good!.delivered_).to.equal(1)
  })

  it('connects afresh when its server has become a replica, and sends there what it refused', async () => {
    const first = await connection.open()
    let refusals = 1
    redis.answers.set('RPUSH', () =>
      refusals-- > 0 ? reply.error("READONLY You can't write against a read only replica.") : reply.number(1),
    )
    const [message] = push('a')
    await until(() => connection.ready === undefined)
    clock.advance(100)
    await outbox.drained()
    expect(message).to.include({ delivered_: 1 })
    expect(message!.errors).to.deep.equal([])
    expect(connection.ready).to.not.equal(first)
  })

  for (const refusal of ['WRONGTYPE wrong kind', 'NOPERM no']) {
    it(`tells at once what Redis refuses for good: ${refusal}`, async () => {
      await connection.open()
      redis.answers.set('RPUSH', () => reply.error(refusal))
      const [message] = push('a')
      await outbox.drained()
      expect(message!.errors).to.have.lengthOf(1)
      expect(message!.errors[0]).to.be.instanceOf(ConnectionError)
      expect(message!.errors[0]!.message).to.include(refusal)
      expect(pushes()).to.have.lengthOf(1)
    })
  }

  it('drops a connection that leaves a push unanswered', async () => {
    await connection.open()
    redis.answers.set('RPUSH', () => undefined)
    const [message] = push('a')
    await until(() => pushes().length === 1)
    clock.advance(LONGEST_SILENCE_MS)
    expect(connection.ready, 'a slow one is not given up').to.not.equal(undefined)
    clock.advance(100)
    expect(connection.ready).to.equal(undefined)
    await until(() => message!.errors.length > 0)
    expect(message!.errors[0]).to.be.instanceOf(DeliveryUnknownError)
    clock.advance(100)
    await until(() => connection.ready !== undefined)
    expect(pushes()).to.deep.equal([['a']])
  })

  it('keeps a connection whose answers come slowly, but come', async () => {
    await connection.open()
    for (let pushed = 1; pushed <= 5; pushed++) {
      push('a')
      clock.advance(4_000)
      await outbox.drained()
    }
    expect(connection.ready).to.not.equal(undefined)
  })

  it('sends what expires with its expiry in one transaction, and what does not expire beside it', async () => {
    const link = {
      expireMs: (list: string) => (list === 'list' ? undefined : 1_500),
      patienceMs: 1_000,
      onError: () => {},
    }
    outbox = new Outbox(connection, { ...link, atomicExpiry: true, clock })
    redis.answers.set('EXEC', () => '*3\r\n:1\r\n:1\r\n:1\r\n')
    await connection.open()
    const messages = push('a')
    const other = new Message('b')
    outbox.push('other', other)
    await until(() => messages[0]!.delivered_ + other.delivered_ === 2)
    const sent = redis.commands.filter(([command]) => !['TIME', 'SELECT', 'INFO'].includes(command!))
    expect(sent).to.deep.equal([
      ['MULTI'],
      ['RPUSH', 'list', 'a'],
      ['RPUSH', 'other', 'b'],
      ['PEXPIRE', 'other', '1500'],
      ['EXEC'],
    ])
  })

  it('is done with a list once Redis has its last expiry', async () => {
    make(redis.url, 60_000)
    await connection.open()
    push('first')
    await outbox.drained()
    push('behind the expiry of the first')
    await outbox.drained()
    const expiries = (): number => redis.commands.filter(([name]) => name === 'PEXPIRE').length
    expect(expiries()).to.equal(1)
    await outbox.expiring()
    expect(expiries()).to.equal(2)
  })

  it('says once that lists do not expire', async () => {
    make(redis.url, 60_000)
    await connection.open()
    redis.answers.set('PEXPIRE', () => reply.error("NOPERM this user has no permissions to run the 'pexpire' command"))
    const messages = [...push('a')]
    await outbox.drained()
    messages.push(...push('b'))
    await outbox.drained()
    await until(() => told.length > 0)
    expect(told).to.have.lengthOf(1)
    expect(told[0]!.message).to.include('list does not expire').and.include('NOPERM')
    expect(messages.every(({ delivered_ }) => delivered_ === 1)).to.equal(true)
  })

  it('does not try again, and watches nothing, once it has closed', async () => {
    await connection.open()
    redis.answers.set('RPUSH', (args) => {
      outbox.close()
      return args[0] === 'list' ? reply.error('BUSY Redis is busy running a script.') : undefined
    })
    const [refused] = push('a')
    const unanswered = new Message('b')
    outbox.push('other', unanswered)
    await until(() => refused?.errors.length === 1)
    expect(clock.pending, 'timers').to.equal(0)
    connection.close()
    await until(() => unanswered.errors.length === 1)
    expect(unanswered.errors[0]).to.be.instanceOf(DeliveryUnknownError)
  })

  it('refuses what waits when it closes', async () => {
    const [message] = push('a')
    outbox.close()
    expect(message!.errors).to.have.lengthOf(1)
    expect(message!.errors[0]).to.be.instanceOf(ClosedError)
  })
})
