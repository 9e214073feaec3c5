import type { BlockLimits } from '../data/stream-block.ts'
import { parseEventClasses } from '../keyspace/events.ts'
import { ErrorReply } from '../resp/value.ts'
import { matchGlob } from '../text/glob.ts'
import type { Parameter } from './parameter-kinds.ts'
import { PARAMETERS } from './parameters.ts'

/** How much unread output a client may have before it is disconnected. */
export interface OutputLimit {
  /** Bytes at which a client is disconnected at once; 0 for no limit. */
  readonly hardBytes: number
  /**
   * Bytes at which a client is disconnected if it stays over them for {@link softSeconds}; 0 for no
   * limit.
   */
  readonly softBytes: number
  readonly softSeconds: number
}

/** Applies a new value; returns the text of an error if it cannot. */
export type Apply = (value: string) => string | undefined

/** The parameters of CONFIG, by name, in the form that CONFIG GET returns. */
export class Config {
  /** The classes of events that are published, as bits of {@link EVENT}. */
  events = 0
  /** Empty if clients need not authenticate. */
  password = ''
  maxBulkBytes = 0
  maxRequestBytes = 0
  maxClients = 0
  idleSeconds = 0
  /** Calls that take at least this long go to the slow log; `Infinity` for none. */
  slowLogMicroseconds: number = Infinity
  slowLogLength = 0
  /** Calls that take at least this long are recorded for LATENCY; `Infinity` for none. */
  latencyMicroseconds: number = Infinity
  /** Whether durations are counted for LATENCY HISTOGRAM. */
  tracksLatency = true
  hashMaxEntries = 0
  hashMaxValueBytes = 0
  setMaxIntegers = 0
  sortedSetMaxEntries = 0
  sortedSetMaxValueBytes = 0
  streamBlock: BlockLimits = { bytes: 0, entries: 0 }
  normalOutput: OutputLimit = { hardBytes: 0, softBytes: 0, softSeconds: 0 }
  subscriberOutput: OutputLimit = { hardBytes: 0, softBytes: 0, softSeconds: 0 }
  readonly #values = new Map<string, string>()
  readonly #appliers = new Map<string, Apply>()

  /** Starts with Redis's defaults, overridden by `initial`. */
  constructor(initial: Readonly<Record<string, string>> = {}) {
    for (const [name, { initial: value, alias }] of PARAMETERS) if (alias === undefined) this.#values.set(name, value)
    for (const [name, value] of Object.entries(initial)) this.#values.set(name, value)
    this.#refresh()
  }

  /** The value of a parameter that exists. */
  value(name: string): string {
    return this.#values.get(name)!
  }

  number(name: string): number {
    return Number(this.value(name))
  }

  /** Sets a value that the server itself has determined, such as its port. */
  tell(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** Registers a listener that applies a parameter when it is set. */
  onSet(name: string, apply: Apply): void {
    this.#appliers.set(name, apply)
  }

  /**
   * Parameters that match one of the patterns, with their values. A parameter given by name is
   * returned under the name as written.
   */
  matching(patterns: readonly string[]): [name: string, value: string][] {
    const found = new Map<string, string>()
    for (const pattern of patterns) {
      const wanted = pattern.toLowerCase()
      const names = /[[*?]/.test(wanted)
        ? [...PARAMETERS.keys()].filter((name) => matchGlob(wanted, name)).map((name) => [name, name] as const)
        : PARAMETERS.has(wanted)
          ? [[pattern, wanted] as const]
          : []
      for (const [shown, name] of names) found.set(shown, this.#show(name))
    }
    return [...found]
  }

  #show(name: string): string {
    const { alias, show } = PARAMETERS.get(name)!
    const value = this.value(alias ?? name)
    return show === undefined ? value : show(value)
  }

  /**
   * Sets parameters, all or none.
   * @throws RefusedParameter - for the parameter that is refused
   */
  set(pairs: readonly (readonly [name: string, value: string])[]): void {
    const before = new Map(this.#values)
    const changes = this.#parse(pairs)
    for (const [name, value] of changes) this.#values.set(name, value)
    const applied: string[] = []
    for (const [name, value] of changes) {
      const problem = this.#appliers.get(name)?.(value)
      if (problem === undefined) {
        applied.push(name)
        continue
      }
      for (const [key, old] of before) this.#values.set(key, old)
      for (const done of applied) this.#appliers.get(done)?.(this.value(done))
      throw refused(name, problem)
    }
    this.#refresh()
  }

  #parse(pairs: readonly (readonly [name: string, value: string])[]): Map<string, string> {
    for (const [name] of pairs) {
      if (!PARAMETERS.has(name.toLowerCase())) {
        throw new RefusedParameter(
          `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`,
          name,
          'no parameter has this name',
        )
      }
    }
    const changes = new Map<string, string>()
    for (const [given, value] of pairs) {
      const name = given.toLowerCase()
      const parameter = PARAMETERS.get(name)!
      const target = parameter.alias ?? name
      if (parameter.immutable) throw refused(name, "can't set immutable config")
      if (changes.has(target)) throw refused(name, 'duplicate parameter')
      changes.set(target, this.#read(parameter, name, value))
    }
    return changes
  }

  #read(parameter: Parameter, name: string, text: string): string {
    const result = parameter.parse(text, this.value(parameter.alias ?? name))
    if ('problem' in result) throw refused(name, result.problem)
    return result.value
  }

  /** Parses values that every command needs. */
  #refresh(): void {
    this.events = parseEventClasses(this.value('notify-keyspace-events')) ?? 0
    this.password = this.value('requirepass')
    this.maxBulkBytes = this.number('proto-max-bulk-len')
    this.maxRequestBytes = this.number('client-query-buffer-limit')
    this.maxClients = this.number('maxclients')
    this.idleSeconds = this.number('timeout')
    const slowerThan = this.number('slowlog-log-slower-than')
    this.slowLogMicroseconds = slowerThan < 0 ? Infinity : slowerThan
    this.slowLogLength = this.number('slowlog-max-len')
    this.latencyMicroseconds = this.number('latency-monitor-threshold') * 1000 || Infinity
    this.tracksLatency = this.value('latency-tracking') === 'yes'
    this.hashMaxEntries = this.number('hash-max-listpack-entries')
    this.hashMaxValueBytes = this.number('hash-max-listpack-value')
    this.setMaxIntegers = this.number('set-max-intset-entries')
    this.sortedSetMaxEntries = this.number('zset-max-listpack-entries')
    this.sortedSetMaxValueBytes = this.number('zset-max-listpack-value')
    this.streamBlock = { bytes: this.number('stream-node-max-bytes'), entries: this.number('stream-node-max-entries') }
    const limits = this.value('client-output-buffer-limit').split(' ')
    this.normalOutput = outputLimit(limits, 'normal')
    this.subscriberOutput = outputLimit(limits, 'pubsub')
  }
}

/** The error of CONFIG SET for a parameter. */
export class RefusedParameter extends ErrorReply {
  /** The name of the parameter as the client wrote it. */
  readonly parameter: string
  readonly problem: string

  constructor(text: string, parameter: string, problem: string) {
    super(text)
    this.parameter = parameter
    this.problem = problem
  }
}

function refused(name: string, problem: string): RefusedParameter {
  return new RefusedParameter(
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${problem}`,
    name,
    problem,
  )
}

function outputLimit(words: readonly string[], group: string): OutputLimit {
  const [hardBytes = 0, softBytes = 0, softSeconds = 0] = words
    .slice(words.indexOf(group) + 1, words.indexOf(group) + 4)
    .map(Number)
  return { hardBytes, softBytes, softSeconds }
}
