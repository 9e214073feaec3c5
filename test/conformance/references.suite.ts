import { expect } from 'chai'
import {
  control,
  InvalidOptionError,
  MethodNotFoundError,
  ProtocolError,
  pipe,
  RedisRPCClient,
  RedisRPCServer,
  ReferenceLostError,
  type Remote,
  RemoteTarget,
  ref,
  release,
  TimeoutError,
} from 'redis-object-rpc'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

class Cursor extends RemoteTarget {
  static disposed = 0
  #at = 0

  next(): number {
    return ++this.#at
  }

  self(): this {
    return this
  }

  fails(): never {
    throw new RangeError('at the end')
  }

  [Symbol.dispose](): void {
    Cursor.disposed++
  }
}

/** A class that knows nothing of this library. */
class Account {
  balance = 10

  pay(amount: number): number {
    this.balance -= amount
    return this.balance
  }
}

/** A class that only the server knows. */
class Coin {
  readonly value = 1
}

class Bank {
  readonly cursor = new Cursor()
  taken: RemoteGreeter | undefined
  readonly gate: Deferred<void> = deferred()
  waits = false

  open(): Cursor {
    return new Cursor()
  }

  both(): Cursor[] {
    return [this.cursor, this.cursor]
  }

  /** What the client refuses half-way. */
  mixed(shape: keyof typeof MIXED): unknown {
    return MIXED[shape]()
  }

  async *stream(): AsyncGenerator {
    yield MIXED.array()
  }

  async late(): Promise<Cursor> {
    this.waits = true
    await this.gate.promise
    return new Cursor()
  }

  isOwn(cursor: Cursor): boolean {
    return cursor === this.cursor
  }

  account(): Account {
    return new Account()
  }

  page(): object {
    return ref({ theme: 'dark', hidden: 1 }, { expose: ['theme'], writable: ['theme'] })
  }

  plain(): object {
    return ref({
      count: 0,
      up() {
        return ++this.count
      },
    })
  }

  async greet(greeter: RemoteGreeter): Promise<string> {
    this.taken = greeter
    return greeter.hello('bank')
  }
}

const MIXED = {
  array: () => [new Cursor(), new Coin(), new Cursor(), () => 1],
  object: () => ({ a: new Cursor(), b: { c: new Coin(), 'd.e': new Cursor() }, f: [new Cursor()] }),
  map: () => new Map<unknown, unknown>([[new Cursor(), new Coin()], ['a', new Set([new Cursor()])]]), // biome-ignore format: one line
  few: () => [new Cursor(), new Cursor()],
  error: () => Object.assign(new Error('no', { cause: new Coin() }), { cursor: new Cursor() }),
}

interface RemoteGreeter {
  hello(name: string): Promise<string>
}

interface RemoteCursor extends Disposable, AsyncDisposable {
  next(): Promise<number>
  self(): Promise<RemoteCursor>
  fails(): Promise<never>
}

interface RemoteBank {
  mixed(shape: string): Promise<unknown>
  stream(): Promise<AsyncIterator<unknown>>
  late(): Promise<RemoteCursor>
  open(): Promise<RemoteCursor>
  both(): Promise<[RemoteCursor, RemoteCursor]>
  isOwn(cursor: RemoteCursor): Promise<boolean>
  account(): Promise<{ pay(amount: number): Promise<number>; balance: Promise<number> }>
  page(): Promise<{ theme: Promise<string>; hidden: Promise<number> }>
  plain(): Promise<{ up(): Promise<number> }>
  greet(greeter: object): Promise<string>
}

interface PipedBank {
  open(): { self(): { next(): unknown }; next(): unknown }
  account(): { balance: unknown; nope(): unknown }
  page(): { hidden: unknown }
}

export function referencesSuite(redis: () => RunningRedis): void {
  let pair: Pair<Bank>
  let bank: Bank
  let client: RemoteBank

  beforeEach(async () => {
    Cursor.disposed = 0
    bank = new Bank()
    pair = await startPair(redis(), bank, {
      server: { references: [{ class: Account, expose: ['pay', 'balance'] }], classes: [Coin] },
    })
    client = pair.client as unknown as RemoteBank
  })

  afterEach(async () => {
    bank.taken = undefined
    await closeLeavingNothing(pair, redis())
  })

  it('calls the methods of an object there, which keeps its state', async () => {
    const [first, second] = [await client.open(), await client.open()]
    expect([await first.next(), await first.next(), await second.next()]).to.deep.equal([1, 2, 1])
    expect(await rejection(first.fails())).to.be.instanceOf(RangeError)
  })

  it('gives the same proxy for the same object, and the object itself to the server that lent it', async () => {
    const [one, other] = await client.both()
    expect(one).to.equal(other)
    expect(await one.self()).to.equal(one)
    expect((await client.both())[0], 'of another call').to.equal(one)
    expect(await client.isOwn(one)).to.equal(true)
    expect(await client.isOwn(await client.open())).to.equal(false)
    expect(pair.server.stats.lent, 'given back as soon as it was doubled').to.be.at.most(4)
  })

  it('sends a call with an object of one server to that server', async () => {
    const second = new Bank()
    const server = new RedisRPCServer(redis().url, pair.name, second)
    await server.start()
    const [cursor] = await client.both()
    for (let i = 0; i < 8; i++) await client.isOwn(cursor)
    const own = await Promise.all(Array.from({ length: 8 }, () => client.isOwn(cursor)))
    expect(new Set(own).size, 'always the same server').to.equal(1)
    expect(own[0]).to.equal(true)
    await server.close()
  })

  it('takes classes that are named in an option, and exposes what that says', async () => {
    const account = await client.account()
    expect(await account.pay(3)).to.equal(7)
    expect(await account.balance).to.equal(7)
    const other = await client.account()
    expect(await other.balance, 'another object').to.equal(10)
  })

  it('takes plain objects that are marked', async () => {
    const counter = await client.plain()
    expect([await counter.up(), await counter.up()]).to.deep.equal([1, 2])
  })

  it('reads what is exposed and nothing else', async () => {
    const page = await client.page()
    expect(await page.theme).to.equal('dark')
    expect(await rejection(Promise.resolve(page.hidden))).to.be.instanceOf(MethodNotFoundError)
    const members = page as unknown as Record<string, () => Promise<unknown>>
    for (const name of ['nope', 'theme.length', 'rpc.info', 'theme.constructor']) {
      expect(await rejection(members[name]?.() as Promise<unknown>), name).to.be.instanceOf(MethodNotFoundError)
    }
  })

  it('lends objects of the caller too', async () => {
    const greeter = ref({ hello: (name: string) => `hello ${name}` })
    expect(await client.greet(greeter)).to.equal('hello bank')
    expect(await bank.taken?.hello('again')).to.equal('hello again')
  })

  it('passes on what came from somewhere else', async () => {
    const cursor = await client.open()
    const user = await startPair(redis(), {
      twice: async (borrowed: RemoteCursor) => [await borrowed.next(), await borrowed.next()],
    })
    const twice = user.client as unknown as { twice(cursor: RemoteCursor): Promise<number[]> }
    expect(await twice.twice(cursor)).to.deep.equal([1, 2])
    expect(await cursor.next()).to.equal(3)
    await user.close()
    expect(await cursor.next(), 'still there').to.equal(4)
  })

  it('are called within a pipeline, and returned from one', async () => {
    const build = pair.client as unknown as Parameters<typeof pipe>[0]
    const steps = (run: (c: PipedBank) => unknown) => pipe(build, run as never) as Promise<unknown>
    expect(await steps((c) => c.open().self().next())).to.equal(1)
    const cursor = (await steps((c) => c.open())) as RemoteCursor
    expect(await cursor.next()).to.equal(1)
    expect(await steps((c) => c.account().balance)).to.equal(10)
    expect(await rejection(steps((c) => c.account().nope()))).to.be.instanceOf(MethodNotFoundError)
    expect(await rejection(steps((c) => c.page().hidden))).to.be.instanceOf(MethodNotFoundError)
  })

  for (const shape of Object.keys(MIXED).filter((key) => key !== 'few')) {
    it(`holds nothing of a reply that its caller refuses half-way: ${shape}`, async () => {
      expect(await rejection(client.mixed(shape))).to.be.instanceOf(ProtocolError)
      await until(() => pair.server.stats.lent === 0)
      expect(control(pair.client).stats.borrowed).to.equal(0)
    })
  }

  it('holds nothing of an item that its reader refuses half-way', async () => {
    expect(await rejection((await client.stream()).next())).to.be.instanceOf(ProtocolError)
    await until(() => pair.server.stats.lent === 0)
  })

  it('holds nothing of a reply that exceeds a limit of its caller', async () => {
    const options = { maxReferences: 1 }
    const other = new RedisRPCClient<Bank>(redis().url, pair.name, options) as unknown as RemoteBank
    const held = await other.open()
    expect(await rejection(other.mixed('few'))).to.include({ code: 'ERR_REFERENCE_LIMIT', limit: 'maxReferences' })
    await until(() => pair.server.stats.lent === 1)
    expect(await held.next(), 'what lives goes on').to.equal(1)
    await control(other as unknown as Remote<Bank>).close()
  })

  it('gives back at once what comes when nobody waits for it any more', async () => {
    const hasty = control(pair.client).with({ timeoutMs: 100 }) as unknown as RemoteBank
    await until(async () => {
      expect(await rejection(hasty.late())).to.be.instanceOf(TimeoutError)
      return bank.waits
    })
    bank.gate.resolve()
    await until(() => control(pair.client).stats.late === 1)
    await until(() => pair.server.stats.lent === 0)
    expect(control(pair.client).stats.borrowed).to.equal(0)
  })

  it('disposes of an object once nobody has it', async () => {
    const cursor = await client.open()
    release(cursor)
    await until(() => Cursor.disposed === 1)
    expect(await rejection(cursor.next())).to.be.instanceOf(ReferenceLostError)
    {
      using other = await client.open()
      await other.next()
    }
    await until(() => Cursor.disposed === 2)
    {
      await using other = await client.open()
      await other.next()
    }
    await until(() => Cursor.disposed === 3)
    expect(() => release({})).to.throw(InvalidOptionError)
  })

  it('tells who holds an object that its server has closed', async () => {
    const cursor = await client.open()
    const other = new RedisRPCClient<Bank>(redis().url, pair.name) as unknown as RemoteBank
    const theirs = await other.open()
    await pair.server.close()
    expect(await rejection(cursor.next())).to.be.instanceOf(ReferenceLostError)
    expect(await rejection(theirs.next())).to.be.instanceOf(ReferenceLostError)
    await control(other as never).close()
    await pair.server.close()
  })

  it('refuses what cannot be marked', () => {
    expect(() => ref(Object.freeze({}))).to.throw(InvalidOptionError)
    expect(() => ref(1 as never)).to.throw(InvalidOptionError)
    expect(() => ref({}, { expos: ['pay'] } as never)).to.throw(InvalidOptionError, 'expos')
    const misspelt = [{ class: Account, exposes: ['pay'] }] as never
    expect(() => new RedisRPCClient(redis().url, 'x', { references: misspelt })).to.throw(InvalidOptionError, 'exposes')
    const references = [1] as never
    expect(() => new RedisRPCClient(redis().url, 'x', { references })).to.throw(InvalidOptionError)
  })
}
