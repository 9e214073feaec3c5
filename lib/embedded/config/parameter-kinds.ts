import { parseInteger } from '../text/numbers.ts'

type Parsed = { readonly value: string } | { readonly problem: string }

/** A parameter of CONFIG. */
export interface Parameter {
  readonly initial: string
  /** Whether it can only be set at the start. */
  readonly immutable: boolean
  /** The name of the parameter that this is an older name for. */
  readonly alias?: string
  /**
   * Converts a new value to the form in which it is stored, and shown unless there is {@link show}.
   */
  parse(text: string, current: string): Parsed
  show?(value: string): string
}

export const MAX_INT: number = 2 ** 31 - 1
export const MAX_UINT: number = 2 ** 32 - 1
export const MAX_LONG: number = 2 ** 63

export function text(initial = ''): Parameter {
  return { initial, immutable: false, parse: (value) => ({ value }) }
}

export function fixed(initial: string): Parameter {
  return { ...text(initial), immutable: true }
}

/** While the server runs, it can only be set to its current value. */
export function pinned(initial: string): Parameter {
  return {
    ...text(initial),
    parse: (value, current) =>
      value === current ? { value } : { problem: 'this server cannot change it while it runs' },
  }
}

/** Clients may not set it, as in a Redis with its defaults. */
export function guarded(initial: string): Parameter {
  return { ...text(initial), parse: () => ({ problem: "can't set protected config" }) }
}

export function integer(initial: number, min = 0, max: number = MAX_INT): Parameter {
  return {
    initial: String(initial),
    immutable: false,
    parse: (given) => {
      const value = parseInteger(given)
      if (value === undefined) return { problem: "argument couldn't be parsed into an integer" }
      return within(value, min, max)
    },
  }
}

function within(value: number, min: number, max: number): Parsed {
  if (value >= min && value <= max) return { value: String(value) }
  return { problem: `argument must be between ${min} and ${max === MAX_LONG ? '9223372036854775807' : max} inclusive` }
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
}

/** Reads a size such as `64mb`; `undefined` if it is not one. */
export function parseMemory(given: string): number | undefined {
  if (given === '') return 0
  const [, digits, unit] = /^([0-9]+)([a-z]*)$/i.exec(given) ?? []
  const factor = UNITS[unit?.toLowerCase() ?? '?']
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

export function memory(initial: number, min = 0): Parameter {
  return {
    initial: String(initial),
    immutable: false,
    parse: (given) => {
      const value = parseMemory(given)
      return value === undefined ? { problem: 'argument must be a memory value' } : within(value, min, MAX_LONG)
    },
  }
}

export function yesNo(initial: 'yes' | 'no'): Parameter {
  return {
    initial,
    immutable: false,
    parse: (given) => {
      const value = given.toLowerCase()
      return value === 'yes' || value === 'no' ? { value } : { problem: "argument must be 'yes' or 'no'" }
    },
  }
}

export function oneOf(initial: string, ...allowed: readonly string[]): Parameter {
  return {
    initial,
    immutable: false,
    parse: (given) => {
      const value = given.toLowerCase()
      if (allowed.includes(value)) return { value }
      return { problem: `argument(s) must be one of the following: ${allowed.join(', ')}` }
    },
  }
}
