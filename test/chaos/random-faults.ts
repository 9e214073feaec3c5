import { setTimeout } from 'node:timers/promises'
import { control, type Delivery } from 'redis-object-rpc'
import { Random } from '../helpers/random.ts'
import { asAdmin } from './scenario.ts'
import { Stage } from './stage.ts'
import { type Outcome, Tally } from './tally.ts'

const SERVERS = 3
const CLIENTS = 2
const CALL_EVERY_MS = 100
const QUIET_MS = [1_000, 5_000] as const
/** Nobody can know what became of some calls when faults come on top of each other. */
const MAY_END = new Set(['ERR_TIMEOUT', 'ERR_DELIVERY_UNKNOWN', 'ERR_NO_SERVER'])

type Fault = (stage: Stage, random: Random) => Promise<unknown> | unknown

async function replaced(stage: Stage, random: Random, signal: NodeJS.Signals): Promise<void> {
  const [server] = stage.servers.splice(random.below(stage.servers.length), 1)
  server?.kill(signal)
  await setTimeout(random.below(2_000))
  await stage.addServer()
}

async function restarted({ redis }: Stage, signal: NodeJS.Signals): Promise<void> {
  await redis.signal(signal)
  await redis.start()
}

const faults: readonly (readonly [name: string, fault: Fault])[] = [
  ['cut at the clients', ({ clientSide }) => clientSide.cut()],
  ['cut at the servers', ({ serverSide }) => serverSide.cut()],
  ['half-open at the clients', ({ clientSide }) => clientSide.holdPresent()],
  ['half-open at the servers', ({ serverSide }) => serverSide.holdPresent()],
  ['FLUSHALL', ({ redis: { url } }) => asAdmin(url, (redis) => redis.flushall())],
  ['CLIENT KILL', ({ redis: { url } }) => asAdmin(url, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal'))],
  ['Redis restarted (SIGTERM)', (stage) => restarted(stage, 'SIGTERM')],
  ['Redis restarted (SIGKILL)', (stage) => restarted(stage, 'SIGKILL')],
  [
    'Redis paused',
    async ({ redis }, random) => {
      await redis.signal('SIGSTOP')
      await setTimeout(random.below(4_000))
      await redis.signal('SIGCONT')
    },
  ],
  [
    'a server paused',
    async ({ servers }, random) => {
      const server = random.of(servers)
      server.kill('SIGSTOP')
      await setTimeout(random.below(10_000))
      server.kill('SIGCONT')
    },
  ],
  ['a server killed', (stage, random) => replaced(stage, random, 'SIGKILL')],
  ['a server closed', (stage, random) => replaced(stage, random, 'SIGTERM')],
]

/** Two clients call three servers while one fault comes after the other, chosen by the seed. */
export async function playRandomly(seed: number, delivery: Delivery, ms: number): Promise<Outcome> {
  const random = new Random(seed)
  await using stage = await Stage.set(SERVERS, CLIENTS)
  const tally = new Tally()
  const calls: Promise<void>[] = []
  const end = performance.now() + ms
  const calling = async (index: number): Promise<void> => {
    const client = control(stage.clients[index]!).with({ delivery })
    for (let n = 0; performance.now() < end; n++) {
      const id = `${index}-${n}`
      calls.push(tally.count(client[n % 3 === 0 ? 'slow' : 'quick'](id), id))
      await setTimeout(CALL_EVERY_MS)
    }
  }
  const breaking = async (): Promise<void> => {
    while (performance.now() < end) {
      const [from, to] = QUIET_MS
      await setTimeout(from + random.below(to - from))
      const [name, fault] = random.of(faults)
      console.log(`  ${((ms - end + performance.now()) / 1_000).toFixed(1)} s: ${name}`)
      await fault(stage, random)
    }
  }
  await Promise.all([breaking(), ...stage.clients.map((_, index) => calling(index))])
  await Promise.all(calls)
  return tally.outcome(stage)
}

/** Whether nothing that is never to happen has. */
export function isRandomKept(
  delivery: Delivery,
  { calls, answered, serverLost, others, doubleRuns }: Outcome,
): boolean {
  const allowed = [...others].reduce((sum, [code, count]) => sum + (MAY_END.has(code) ? count : 0), 0)
  if (delivery === 'at-least-once') return answered + allowed === calls
  return doubleRuns === 0 && answered + serverLost + allowed === calls
}
