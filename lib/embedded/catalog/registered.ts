import { DurationHistogram } from '../telemetry/duration-histogram.ts'
import { type AnyCommand, CATEGORIES, type Category, type Flag, type Group } from './facts.ts'
import type { KeySpec } from './key-spec.ts'

/** A command in one server: its facts, what follows from them, and how often it was called. */
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
  /** The total duration of all calls. */
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

  /** Whether first, last and step alone do not determine the keys. */
  get hasMovableKeys(): boolean {
    const specs = this.command.keys ?? []
    return specs.length > 0 && (specs.some((spec) => range(spec) === undefined) || !contiguous(specs))
  }

  /** The keys as reported to old clients: first, last and step, or three zeros. */
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

  /** The access control categories of the command, in Redis's order. */
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

/**
 * First, last and step of a specification that is a plain range; last counts from the end if it is
 * negative.
 */
function range({ begin, find }: KeySpec): readonly [first: number, last: number, step: number] | undefined {
  if (!('index' in begin) || !('last' in find) || find.limit !== 0) return undefined
  return [begin.index, find.last >= 0 ? begin.index + find.last : find.last, find.step]
}

function contiguous(specs: readonly KeySpec[]): boolean {
  const ranges = specs.map(range)
  return ranges.every((one, i) => i === 0 || one?.[0] === (ranges[i - 1]?.[1] ?? Number.NaN) + 1)
}
