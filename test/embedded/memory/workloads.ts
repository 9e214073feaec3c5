/**
 * What must leave nothing behind, in a process of its own that is started with `--expose-gc`: prints, a line of JSON each,
 * how much of the heap is in use after a tenth of the work and after all of it, and what the server still holds then.
 */
import { Registry } from '../../../lib/embedded/catalog/registry.ts'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { Config } from '../../../lib/embedded/config/config.ts'
import { Engine } from '../../../lib/embedded/engine/engine.ts'
import { Listener } from '../../../lib/embedded/net/listener.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'

/** What a workload has come to. */
export interface Outcome {
  readonly workload: string
  readonly count: number
  /** Bytes of the heap in use after a tenth of the work, and after all of it. */
  readonly heapBytes: readonly [early: number, late: number]
  /** What the server holds in the end that it did not hold in the beginning, by name; nothing if all is well. */
  readonly left: Readonly<Record<string, number>>
}

const [keys = 0, connections = 0] = process.argv.slice(2).map(Number)
/** Commands in one write, as of a client that sends many at once. */
const BATCH = 1000
/** Connections that are open at a time. */
const AT_ONCE = 50

const clock = new ManualClock()
const engine = new Engine(clock, new Config(), new Registry(COMMANDS), () => {})
const listener = await Listener.open(engine, '127.0.0.1', 0, 1024 * 1024)

const client = await RawClient.connect(listener.port)
await report('SET and DEL', keys, setAndDelete)
await report('keys that expire', keys, letExpire)
// So many bytes that a node of a tree for each would be seen, and the value itself is not.
await report('APPEND', 200_000, grow)
await client.call('DEL', 'long')
await client.close()
await report('connections', connections, comeAndGo)
await listener.close(1000)
engine.close()

async function report(
  workload: string,
  count: number,
  run: (from: number, to: number) => Promise<void>,
): Promise<void> {
  const tenth = Math.floor(count / 10)
  await run(0, tenth)
  const early = await heapInUse()
  await run(tenth, count)
  const late = await heapInUse()
  const outcome: Outcome = { workload, count, heapBytes: [early, late], left: held() }
  console.log(JSON.stringify(outcome))
}

async function setAndDelete(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += BATCH) {
    let bytes = ''
    for (let i = at; i < at + BATCH; i++) {
      bytes += encodeCommand(['SET', `key:${i}`, `value:${i}`])
      bytes += encodeCommand(['DEL', `key:${i}`])
    }
    client.write(bytes)
    await client.replies(2 * BATCH)
  }
}

async function letExpire(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += BATCH) {
    let bytes = ''
    for (let i = at; i < at + BATCH; i++) bytes += encodeCommand(['SET', `key:${i}`, 'value', 'PX', `${1 + (i % 50)}`])
    client.write(bytes)
    await client.replies(BATCH)
    clock.advance(52)
  }
}

async function grow(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += BATCH) {
    client.write(encodeCommand(['APPEND', 'long', 'x']).repeat(BATCH))
    await client.replies(BATCH)
  }
}

async function comeAndGo(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => visit(at + i)))
  }
  // That a client has gone the server learns a moment later.
  while (engine.clients.size > 0) await new Promise(setImmediate)
}

/** One of the ways in which clients come and go, with whatever the server has to remember of them. */
async function visit(number: number): Promise<void> {
  const visitor = await RawClient.connect(listener.port)
  const name = `n:${number}`
  await visitor.call('CLIENT', 'SETNAME', name)
  switch (number % 6) {
    case 0:
      await visitor.call('SUBSCRIBE', name)
      await visitor.call('PSUBSCRIBE', `${name}*`)
      break
    case 1:
      await visitor.call('WATCH', name)
      await visitor.call('MULTI')
      await visitor.call('GET', name)
      break
    case 2:
      visitor.send('BLPOP', name, '100')
      break
    case 3:
      visitor.send('XREAD', 'BLOCK', '0', 'STREAMS', name, '$')
      break
    case 4:
      await visitor.call('MONITOR')
      break
    default:
      await visitor.call('QUIT')
  }
  await visitor.close()
}

async function heapInUse(): Promise<number> {
  // Sockets that have closed are let go of in the turns that follow.
  for (let i = 0; i < 10; i++) await new Promise(setImmediate)
  globalThis.gc!()
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

function held(): Record<string, number> {
  const sizes: Record<string, number> = {
    clients: engine.clients.size - (engine.clients.size > 0 ? 1 : 0),
    waiters: engine.waiters.count,
    monitors: engine.monitors.size,
    channels: engine.pubsub.size('channel'),
    patterns: engine.pubsub.size('pattern'),
    timers: clock.pending,
  }
  for (const { index, size, expiring, watched, awaited } of engine.databases) {
    sizes[`keys of ${index}`] = size
    sizes[`expiring keys of ${index}`] = expiring
    sizes[`watched keys of ${index}`] = watched.size
    sizes[`awaited keys of ${index}`] = awaited.size
  }
  return Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== 0))
}
