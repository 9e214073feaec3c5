import { type AnyCommand, CATEGORIES, type Category, type Flag, type Group, type KeySpec } from '../engine/command.ts'
import { DurationHistogram } from '../telemetry/duration-histogram.ts'

/** A command as one server knows it: with what follows from its facts, and how often it was called. */
export class Registered {
  readonly command: AnyCommand
  /** `get`, or `client|id`. */
  readonly fullName: string
  readonly arity: number
  readonly subcommands: ReadonlyMap<string, Registered> | undefined
  readonly #flags: ReadonlySet<Flag>
  calls = 0
  rejectedCalls = 0
  failedCalls = 0
  /** What all calls took together. */
  microseconds = 0
  readonly durations: DurationHistogram = new DurationHistogram()

  constructor(command: AnyCommand, parent?: AnyCommand) {
    this.command = command
    this.arity = command.arity
    this.fullName = parent === undefined ? command.name : `${parent.name}|${command.name}`
    this.#flags = new Set(command.flags)
    this.subcommands =
      command.subcommands && new Map(command.subcommands.map((sub) => [sub.name, new Registered(sub, command)]))
  }

  resetCounters(): void {
    this.calls = 0
    this.rejectedCalls = 0
    this.failedCalls = 0
    this.microseconds = 0
    this.durations.reset()
    for (const sub of this.subcommands?.values() ?? []) sub.resetCounters()
  }

  has(flag: Flag): boolean {
    return this.#flags.has(flag)
  }

  accepts(argumentCount: number): boolean {
    return this.arity >= 0 ? argumentCount === this.arity : argumentCount >= -this.arity
  }

  /** Whether its keys cannot be told from first, last and step alone. */
  get hasMovableKeys(): boolean {
    const specs = this.command.keys ?? []
    return specs.length > 0 && (specs.some((spec) => range(spec) === undefined) || !contiguous(specs))
  }

  /** The keys as old clients are told of them: first, last and step, or three zeros. */
  get keyRange(): readonly [first: number, last: number, step: number] {
    const ranges = (this.command.keys ?? []).map(range).filter((one) => one !== undefined)
    const first = ranges[0]
    if (first === undefined) return [0, 0, 0]
    let [start, last] = first
    for (const [at, end] of ranges.slice(1)) {
      if (at !== last + 1) break
      start = Math.min(start, at)
      last = end
    }
    return [start, last, first[2]]
  }

  /** The categories of access control it belongs to, in Redis's order. */
  get categories(): readonly Category[] {
    const { command } = this
    const mine = new Set<Category>(command.categories ?? GROUP_CATEGORY[command.group])
    if (this.has('write')) mine.add('write')
    if (this.has('readonly') && !mine.has('scripting')) mine.add('read')
    if (this.has('admin')) mine.add('admin').add('dangerous')
    if (this.has('pubsub')) mine.add('pubsub')
    if (this.has('blocking')) mine.add('blocking')
    mine.add(this.has('fast') ? 'fast' : 'slow')
    return CATEGORIES.filter((category) => mine.has(category))
  }
}

const GROUP_CATEGORY: Readonly<Record<Group, readonly Category[]>> = {
  bitmap: ['bitmap'],
  cluster: [],
  connection: ['connection'],
  generic: ['keyspace'],
  geo: ['geo'],
  hash: ['hash'],
  hyperloglog: ['hyperloglog'],
  list: ['list'],
  pubsub: ['pubsub'],
  scripting: ['scripting'],
  server: [],
  set: ['set'],
  'sorted-set': ['sortedset'],
  stream: ['stream'],
  string: ['string'],
  transactions: ['transaction'],
}

/** First, last and step of a specification that is a plain range: last counts from the end if negative. */
function range({ begin, find }: KeySpec): readonly [first: number, last: number, step: number] | undefined {
  if (!('index' in begin) || !('last' in find) || find.limit !== 0) return undefined
  return [begin.index, find.last >= 0 ? begin.index + find.last : find.last, find.step]
}

function contiguous(specs: readonly KeySpec[]): boolean {
  const ranges = specs.map(range)
  return ranges.every((one, i) => i === 0 || one?.[0] === (ranges[i - 1]?.[1] ?? Number.NaN) + 1)
}

/** Positions of the keys in the arguments of a call; `undefined` if the arguments make no sense of it. */
export function keyPositions(specs: readonly KeySpec[], argv: readonly string[]): number[] | undefined {
  const positions: number[] = []
  for (const { begin, find } of specs) {
    const first = 'index' in begin ? begin.index : 'keyword' in begin ? afterKeyword(begin, argv) : undefined
    if (first === undefined || 'unknown' in find) continue
    let last: number
    let start = first
    if ('keyNumIndex' in find) {
      const count = Number(argv[first + find.keyNumIndex])
      if (!Number.isInteger(count) || count < 0) return undefined
      start = first + find.firstKey
      last = start + (count - 1) * find.step
    } else if (find.last >= 0) last = first + find.last
    else if (find.limit <= 1) last = argv.length + find.last
    else last = first + Math.floor((argv.length - first) / find.limit) + find.last
    if (last >= argv.length || start >= argv.length) return undefined
    for (let i = start; i <= last; i += find.step) positions.push(i)
  }
  return positions
}

function afterKeyword(
  { keyword, startFrom }: { readonly keyword: string; readonly startFrom: number },
  argv: readonly string[],
): number | undefined {
  const step = startFrom >= 0 ? 1 : -1
  for (let i = startFrom >= 0 ? startFrom : argv.length + startFrom; i > 0 && i < argv.length; i += step) {
    if (argv[i]!.toUpperCase() === keyword) return i + 1
  }
  return undefined
}

/** All commands of one server, by name. */
export class Registry {
  readonly #byName = new Map<string, Registered>()
  /** The same, also by the upper case form that most clients send: that saves a conversion on each call. */
  readonly #lookup = new Map<string, Registered>()

  /** `disabled` are names, in any case, that the server denies knowing. */
  constructor(commands: readonly AnyCommand[], disabled: readonly string[] = []) {
    const without = new Set(disabled.map((name) => name.toLowerCase()))
    for (const command of commands) {
      if (without.has(command.name)) continue
      const registered = new Registered(command)
      this.#byName.set(command.name, registered)
      this.#lookup.set(command.name, registered)
      this.#lookup.set(command.name.toUpperCase(), registered)
    }
  }

  get size(): number {
    return this.#byName.size
  }

  /** The command of that name, whatever its case; of a container its subcommand is found with {@link find}. */
  get(name: string): Registered | undefined {
    return this.#lookup.get(name) ?? this.#byName.get(name.toLowerCase())
  }

  /** The command or subcommand that a request means. */
  find(name: string, subcommand?: string): Registered | undefined {
    const found = this.get(name)
    if (found?.subcommands === undefined || subcommand === undefined) return found
    return found.subcommands.get(subcommand.toLowerCase())
  }

  [Symbol.iterator](): IterableIterator<Registered> {
    return this.#byName.values()
  }
}
