import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from '../../../lib/embedded/catalog/registry.ts'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { Config } from '../../../lib/embedded/config/config.ts'
import { Engine } from '../../../lib/embedded/engine/engine.ts'
import { Listener } from '../../../lib/embedded/net/listener.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import { RedisProcess } from '../../helpers/redis-process.ts'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'
import { type Agreement, comparable } from './replies.ts'

export type Argv = readonly string[]
/** Says how far the replies to a command must agree. */
export type Agree = (argv: Argv) => Agreement

/** One of two servers that are compared. */
interface Side {
  readonly client: RawClient
  readonly listener: RawClient
  /** The writes passed on since it was asked last. */
  writes(): string[]
}

/** The embedded server and a real Redis, to which the same commands are sent. */
export class Both implements AsyncDisposable {
  readonly ports: readonly [embedded: number, real: number]
  readonly #sides: readonly [Side, Side]
  readonly #close: () => Promise<void>

  private constructor(ports: readonly [number, number], sides: readonly [Side, Side], close: () => Promise<void>) {
    this.ports = ports
    this.#sides = sides
    this.#close = close
  }

  /** @param events - the classes of keyspace events that are compared */
  static async start(events = 'KEAmn'): Promise<Both> {
    const appending = ['--appendonly', 'yes', '--appendfsync', 'no']
    // A file that is rewritten meanwhile begins anew, and what was added to it could not be told.
    const once = ['--auto-aof-rewrite-percentage', '0']
    const real = await RedisProcess.start([...appending, ...once, '--enable-debug-command', 'yes'])
    const engine = new Engine(systemClock, new Config(), new Registry(COMMANDS), () => {})
    const embedded = await Listener.open(engine, '127.0.0.1', 0, 1024 * 1024)
    const written: string[] = []
    engine.propagation.subscribe((writes) => {
      for (const { argv } of writes) written.push(encodeCommand(argv))
    })
    const close = async (): Promise<void> => {
      await embedded.close(0)
      engine.close()
      await real.close()
    }
    const sides = [
      await connect(embedded.port, events, () => written.splice(0)),
      await connect(real.port, events, newCommands(real.directory)),
    ] as const
    return new Both([embedded.port, real.port], sides, close)
  }

  /**
   * Runs commands on both, beginning with no data, and compares the replies, the keyspace events, and the writes that
   * were passed on.
   * @param isRandom - whether a write that was passed on depends on chance and is not compared
   * @param normalize - replaces what depends on the time of day in a reply or a write
   * @throws Error - that shows the first difference
   */
  async compare(
    protocol: 2 | 3,
    script: readonly Argv[],
    agree: Agree,
    isRandom: (write: string) => boolean = () => false,
    normalize: (text: string) => string = (text) => text,
  ): Promise<void> {
    const [embedded, real] = await Promise.all(this.#sides.map((side) => run(side, protocol, script)))
    for (const [i, argv] of script.entries()) {
      const agreement = agree(argv)
      const part = ({ replies }: Outcome): string => comparable(normalize(replies[i]!), agreement)
      same(show(argv), part(embedded!), part(real!))
    }
    same('events', embedded!.events.join(''), real!.events.join(''))
    const certain = ({ writes }: Outcome): string => normalize(writes.filter((write) => !isRandom(write)).join(''))
    same('writes', certain(embedded!), certain(real!))
  }

  /** The writes that each has passed on since this was asked last, or since the last comparison. */
  takeWrites(): readonly (readonly string[])[] {
    return this.#sides.map(({ writes }) => ownWrites(writes()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}

interface Outcome {
  readonly replies: readonly string[]
  readonly events: readonly string[]
  readonly writes: readonly string[]
}

async function run({ client, listener, writes }: Side, protocol: 2 | 3, script: readonly Argv[]): Promise<Outcome> {
  const setUp = [['FLUSHALL'], ['HELLO', `${protocol}`]]
  client.write([...setUp, ...script].map(encodeCommand).join(''))
  await client.replies(setUp.length)
  const replies = await client.replies(script.length)
  listener.send('PING')
  const events: string[] = []
  for (;;) {
    const message = await listener.reply()
    if (message.includes('pong')) break
    events.push(message)
  }
  return { replies, events, writes: ownWrites(writes()) }
}

/** Without what only frames other writes. */
function ownWrites(writes: readonly string[]): string[] {
  return writes.filter((write) => !/\r\n(SELECT|MULTI|EXEC|FLUSHALL)\r\n/i.test(write))
}

async function connect(port: number, events: string, writes: () => string[]): Promise<Side> {
  const client = await RawClient.connect(port)
  await client.call('CONFIG', 'SET', 'notify-keyspace-events', events)
  const listener = await RawClient.connect(port)
  await listener.call('PSUBSCRIBE', '__key*__:*')
  return { client, listener, writes }
}

/** Reads what a real Redis has added to its append-only file since it was read last. */
function newCommands(directory: string): () => string[] {
  const folder = join(directory, 'appendonlydir')
  let read = 0
  return () => {
    const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'))!
    const added = readFrom(join(folder, name), read)
    read += added.length
    return splitCommands(added.toString('latin1'))
  }
}

/** A file without what stands before a place: it grows long, and is looked at after each script. */
function readFrom(path: string, start: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(fstatSync(file).size - start)
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start))
  } finally {
    closeSync(file)
  }
}

function splitCommands(text: string): string[] {
  const commands: string[] = []
  for (let at = 0; at < text.length; ) {
    const start = at
    const count = Number(text.slice(at + 1, text.indexOf('\r\n', at)))
    at = text.indexOf('\r\n', at) + 2
    for (let i = 0; i < count; i++) {
      const length = Number(text.slice(at + 1, text.indexOf('\r\n', at)))
      at = text.indexOf('\r\n', at) + 2 + length + 2
    }
    commands.push(text.slice(start, at))
  }
  return commands
}

/** @throws Error - that shows where two texts begin to differ */
export function same(what: string, embedded: string, real: string): void {
  if (embedded === real) return
  let at = 0
  while (embedded[at] === real[at]) at++
  const from = Math.max(0, at - 60)
  const part = (text: string): string => JSON.stringify(text.slice(from, at + 200))
  throw new Error(`${what}\n  embedded: ${part(embedded)}\n  real:     ${part(real)}`)
}

function show(argv: Argv): string {
  return argv.map((argument) => (/^[\w.+-]+$/.test(argument) ? argument : JSON.stringify(argument))).join(' ')
}
