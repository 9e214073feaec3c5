import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { RawClient } from '../helpers/raw-client.ts'
import { needReferenceRedis } from '../helpers/reference-redis.ts'
import { type Argv, Both, same } from './both.ts'
import { command, some, word } from './generate.ts'
import { SEED } from './seed.ts'

const WAITERS = 4
const RUNS = Math.ceil(Number(process.env.DIFFERENTIAL_COMMANDS ?? 2000) / 40)

/** One of several clients sends a command: the last one only such as do not block. */
interface Step {
  readonly client: number
  readonly argv: Argv
}

const key = word('a', 'b', 'c', 'd')
const blocking = fc.oneof(
  command('BZPOPMIN', some(key, 1, 3), '0'),
  command('BZPOPMAX', some(key, 1, 3), '0'),
  command('BZMPOP', '0', '2', key, key, word('MIN', 'MAX'), 'COUNT', word('1', '2', '9')),
  command('BLPOP', some(key, 1, 3), '0'),
  command('BRPOP', some(key, 1, 3), '0'),
  command('BLMPOP', '0', '2', key, key, word('LEFT', 'RIGHT'), 'COUNT', word('1', '2')),
  command('BLMOVE', key, key, word('LEFT', 'RIGHT'), word('LEFT', 'RIGHT'), '0'),
  {
    weight: 2,
    arbitrary: command('XREAD', 'COUNT', word('1', '9'), 'BLOCK', '0', 'STREAMS', key, word('$', '0', '3-0')),
  },
  command('XREAD', 'BLOCK', '0', 'STREAMS', key, key, '$', '2-0'),
  {
    weight: 2,
    arbitrary: command('XREADGROUP', 'GROUP', word('g', 'h'), word('alice', 'bob'), 'BLOCK', '0', 'STREAMS', key, '>'),
  },
)
const scored = some(
  word('1', '2', '3', '4', '5').map((score) => [score, `m${score}`]),
  1,
  3,
)
const writing = fc.oneof(
  { weight: 4, arbitrary: command('ZADD', key, scored) },
  { weight: 2, arbitrary: command('RPUSH', key, some(word('x', 'y', 'z'), 1, 3)) },
  {
    weight: 3,
    arbitrary: command(
      'XADD',
      key,
      word('1', '2', '3', '4', '5').map((ms) => `${ms}-*`),
      'f',
      'v',
    ),
  },
  { weight: 2, arbitrary: command('XGROUP', 'CREATE', key, word('g', 'h'), word('$', '0'), 'MKSTREAM') },
  command('XGROUP', 'DESTROY', key, 'g'),
  command('XGROUP', 'SETID', key, 'g', word('$', '0')),
  command('XDEL', key, '1-0', '2-0'),
  command('SADD', key, word('s', 't')),
  command('DEL', key),
  command('RENAME', key, key),
  command('SET', key, 'v'),
  command('ZPOPMIN', key),
)
/**
 * Where a command stores its result in place of another value, Redis 7.0 does not look who waits for the key, and
 * the embedded server does: so there is none.
 */
const storing = fc
  .oneof(
    command('ZUNIONSTORE', 'd', '1', key),
    command('ZRANGESTORE', 'd', key, '0', '0'),
    command('SORT', key, 'ALPHA', 'STORE', 'd'),
  )
  .map((argv): Argv[] => [['DEL', 'd'], argv])
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ client: fc.nat({ max: WAITERS - 1 }), argv: blocking }).map((step) => [step]) },
    { weight: 4, arbitrary: writing.map((argv) => [{ client: WAITERS, argv }]) },
    {
      weight: 1,
      arbitrary: storing.map((commands) => commands.map((argv) => ({ client: WAITERS, argv }))),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(writing, { minLength: 1, maxLength: 3 })
        .map((commands) => [['MULTI'], ...commands, ['EXEC']].map((argv) => ({ client: WAITERS, argv }))),
    },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
)

describe('clients that wait for lists, sorted sets and streams, compared with Redis', function () {
  this.timeout(60_000 + RUNS * 500)
  let both: Both
  before(async function () {
    needReferenceRedis.call(this)
    both = await Both.start()
  })
  after(() => both?.[Symbol.asyncDispose]())

  it('are served with the same, in the same order', async () => {
    const players = await Promise.all(both.ports.map((port) => Player.connect(port)))
    const property = fc.asyncProperty(fc.constantFrom('2', '3'), steps, async (protocol, drawn) => {
      const [embedded, real] = await Promise.all(players.map((player) => player.play(protocol, drawn.flat())))
      const [passedOn, written] = both.takeWrites()
      same('replies', JSON.stringify(embedded), JSON.stringify(real))
      same('writes', comparableWrites(passedOn!), comparableWrites(written!))
    })
    await fc.assert(property, { numRuns: RUNS, seed: SEED })
    await Promise.all(players.map((player) => player.close()))
  })
})

/** Without case, which Redis chooses, and without the time of day at which an entry was delivered. */
function comparableWrites(writes: readonly string[]): string {
  return writes
    .join('')
    .toLowerCase()
    .replace(/time\r\n\$13\r\n[0-9]{13}/g, 'time')
}

/** Several clients of one server, of which some wait. */
class Player {
  readonly #clients: readonly RawClient[]
  readonly #ids: readonly string[]
  readonly #waiting = new Set<number>()
  readonly #told: string[] = []

  private constructor(clients: readonly RawClient[], ids: readonly string[]) {
    this.#clients = clients
    this.#ids = ids
  }

  static async connect(port: number): Promise<Player> {
    const clients = await Promise.all(Array.from({ length: WAITERS + 2 }, () => RawClient.connect(port)))
    const ids = await Promise.all(clients.map((client) => client.call('CLIENT', 'ID')))
    return new Player(
      clients,
      ids.map((id) => id.slice(1, -2)),
    )
  }

  /** Everything that the clients are told, step by step; who still waits in the end is told so then. */
  async play(protocol: string, script: readonly Step[]): Promise<readonly (readonly string[])[]> {
    const told: string[][] = []
    for (const client of this.#clients) await client.call('HELLO', protocol)
    await this.#onlooker.call('FLUSHALL')
    for (const { client, argv } of script) {
      if (this.#waiting.has(client)) continue
      this.#send(client, argv)
      told.push(await this.#settle())
    }
    for (const client of this.#waiting) {
      await this.#onlooker.call('CLIENT', 'UNBLOCK', this.#ids[client]!)
      told.push(await this.#settle())
    }
    return told
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  get #onlooker(): RawClient {
    return this.#clients[WAITERS + 1]!
  }

  #send(client: number, argv: Argv): void {
    this.#waiting.add(client)
    void this.#clients[client]!.call(...argv).then((reply) => {
      this.#waiting.delete(client)
      this.#told.push(`${client}: ${reply}`)
    })
  }

  /** Waits until every client that has no reply is blocked; gives what the others were told. */
  async #settle(): Promise<string[]> {
    while (this.#waiting.has(WAITERS)) await setImmediate()
    for (;;) {
      const info = await this.#onlooker.call('INFO', 'clients')
      await setImmediate()
      if (info.includes(`blocked_clients:${this.#waiting.size}\r`)) break
    }
    // Which socket is read first means nothing.
    return this.#told.splice(0).sort()
  }
}
