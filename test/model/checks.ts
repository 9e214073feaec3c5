/** What is searched: small enough for every test run (`quick`), and all of it (`npm run model`). */
import { type Exploration, explore } from './explore.ts'
import { DEFAULTS, haveAllEnded, protocol } from './protocol.ts'
import { ALL_FAULTS, ALL_RULES, type Faults, HARMLESS_FAULTS, type Rules, type Settings } from './rules.ts'
import { PHASE, Phase, type State } from './state.ts'

export interface Check {
  readonly title: string
  readonly settings: Settings
  /** Every call reaches this, without further faults; I1 alone is checked if there is none. */
  readonly goal?: (state: State) => boolean
}

export function run({ settings, goal }: Check): Exploration {
  return explore(protocol(settings), goal === undefined ? {} : { goal })
}

const STARTS = {
  ready: 'two servers',
  one: 'one server and one that starts late',
  'both-start': 'two servers that start',
} as const

/** I1: nothing runs twice under at-most-once. */
function atMostOnce(given: Partial<Settings> & Pick<Settings, 'calls' | 'budget' | 'start'>): Check {
  const settings: Settings = { ...DEFAULTS, ...given }
  const seen = settings.hasLooked ? '' : ', none of them seen'
  const told = settings.rules.tellsGone ? '' : ', which do not tell of each other'
  const reduced = settings.isReduced ? '' : ', nothing reduced'
  return { title: `I1: ${size(settings)}, ${STARTS[settings.start]}${seen}${told}${reduced}`, settings }
}

/** I2 and I3: without the death of a server every call ends, and with its value. */
function values(given: Pick<Settings, 'calls' | 'budget' | 'start'>): Check {
  const settings: Settings = { ...DEFAULTS, ...given, faults: HARMLESS_FAULTS, expectsValues: true }
  return { title: `I2, I3: ${size(settings)}, ${STARTS[settings.start]}`, settings, goal: haveAllEnded }
}

/** Under at-least-once every call ends with its value, whatever happens, while a server runs. */
function atLeastOnce(given: Pick<Settings, 'calls' | 'budget' | 'start'>): Check {
  const settings: Settings = { ...DEFAULTS, ...given, isRepeatable: true, expectsValues: true }
  return {
    title: `at-least-once: ${size(settings)}, ${STARTS[settings.start]}`,
    settings,
    goal: (state) => haveAllEnded(state) || !doesAnyRun(state),
  }
}

function doesAnyRun(state: State): boolean {
  return state[PHASE] !== Phase.off || state[PHASE + 1] !== Phase.off
}

function size({ calls, budget }: Settings): string {
  return `${calls} ${calls === 1 ? 'call' : 'calls'}, ${budget} ${budget === 1 ? 'fault' : 'faults'}`
}

const QUIETER: Rules = { ...ALL_RULES, tellsGone: false }

export const checks: { readonly quick: readonly Check[]; readonly all: readonly Check[] } = {
  quick: [
    atMostOnce({ calls: 1, budget: 1, start: 'ready' }),
    atMostOnce({ calls: 1, budget: 1, start: 'one', hasLooked: false }),
    atMostOnce({ calls: 1, budget: 1, start: 'ready', isReduced: false }),
    values({ calls: 1, budget: 1, start: 'ready' }),
    atLeastOnce({ calls: 1, budget: 1, start: 'one' }),
  ],
  all: [
    atMostOnce({ calls: 2, budget: 2, start: 'one', rules: QUIETER }),
    values({ calls: 2, budget: 2, start: 'one' }),
    values({ calls: 2, budget: 3, start: 'ready' }),
    values({ calls: 2, budget: 3, start: 'one' }),
    atLeastOnce({ calls: 1, budget: 3, start: 'one' }),
    atLeastOnce({ calls: 2, budget: 2, start: 'ready' }),
    atMostOnce({ calls: 1, budget: 2, start: 'ready', isReduced: false }),
    atMostOnce({ calls: 1, budget: 3, start: 'one', hasLooked: false }),
    atMostOnce({ calls: 1, budget: 3, start: 'one' }),
    atMostOnce({ calls: 1, budget: 3, start: 'ready' }),
    atMostOnce({ calls: 2, budget: 2, start: 'ready' }),
    atMostOnce({ calls: 2, budget: 3, start: 'one', rules: QUIETER }),
    atMostOnce({ calls: 2, budget: 3, start: 'ready', rules: QUIETER }),
  ],
}

type Needed = Partial<Pick<Settings, 'start' | 'hasLooked'>> & { readonly faults: readonly (keyof Faults)[] }

/** Faults with which something runs twice where a rule is dropped; as few as do. */
export const NEEDED_FOR: Readonly<Partial<Record<keyof Rules, Needed>>> = {
  registersFirst: { start: 'one', faults: ['start', 'jump'] },
  saysHello: { start: 'one', faults: ['start', 'kill', 'restart'] },
  looksAtOnce: { start: 'one', faults: ['start', 'flush', 'kill'] },
  vouches: { start: 'one', faults: ['start', 'serverPop', 'flush'] },
  vouchesBefore: { start: 'one', hasLooked: false, faults: ['start', 'flush', 'kill'] },
  vouchesAnew: { start: 'one', faults: ['start', 'serverPop', 'restart'] },
  vouchesLater: { hasLooked: false, faults: ['kill', 'start', 'restart'] },
  ownLease: { faults: ['stall'] },
  dropsPopped: { faults: ['stall'] },
  order: { faults: [] },
  endsConnection: { faults: ['clientPush'] },
  endsConnectionFirst: { faults: ['clientPush'] },
  looksAtList: { faults: [] },
  asksAfterList: { faults: [] },
  complete: { faults: ['kill'] },
  met: { start: 'one', faults: ['start', 'restart'] },
  excusesAfterALease: { faults: ['jump'] },
  witness: { start: 'one', hasLooked: false, faults: ['start', 'kill', 'flush'] },
  memory: { faults: ['clientPop', 'overwrite'] },
  checksLife: { faults: ['restart'] },
}

const needed = Object.entries(NEEDED_FOR) as [keyof Rules, Needed][]
/** Rules without which a search finds a call that runs twice: soon (`quick`), or only where three faults meet. */
export const rulesNeeded: { readonly quick: readonly (keyof Rules)[]; readonly all: readonly (keyof Rules)[] } = {
  quick: needed.filter(([, { faults }]) => faults.length < 3).map(([name]) => name),
  all: needed.map(([name]) => name),
}

/** The protocol without one of its rules. One call is enough to see what each of them is for. */
export function withoutRule(name: keyof Rules): Check {
  const { faults, ...rest }: Needed = NEEDED_FOR[name] ?? { faults: Object.keys(ALL_FAULTS) as (keyof Faults)[] }
  const allowed = Object.fromEntries(
    Object.keys(ALL_FAULTS).map((fault) => [fault, faults.includes(fault as keyof Faults)]),
  )
  const settings: Settings = {
    ...DEFAULTS,
    ...rest,
    calls: 1,
    budget: Math.min(3, faults.length),
    rules: { ...QUIETER, [name]: false },
    faults: { ...ALL_FAULTS, ...allowed },
  }
  return { title: `without ${name}`, settings }
}
