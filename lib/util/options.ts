import { InvalidOptionError } from '../errors.ts'

/** A whole number from `minimum` to `maximum`; undefined gives `fallback`. @throws InvalidOptionError */
export function wholeNumber(
  option: string,
  value: number | undefined,
  fallback: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): number {
  const chosen = value === undefined ? fallback : value
  if (!Number.isInteger(chosen) || chosen < minimum || chosen > maximum) {
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
    throw new InvalidOptionError(option, `a whole number ${range}`, value)
  }
  return chosen
}

/** The longest delay a timer takes, in ms: 2^31 − 1, about 24 days. */
export const LONGEST_MS = 2_147_483_647

/** A time in ms, at least `minimum` and at most what a timer takes. @throws InvalidOptionError */
export function milliseconds(option: string, value: number | undefined, fallback: number, minimum = 1): number {
  return wholeNumber(option, value, fallback, minimum, LONGEST_MS)
}

/** A time in ms as {@link milliseconds} takes it, or Infinity. @throws InvalidOptionError */
export function millisecondsOrInfinity(
  option: string,
  value: number | undefined,
  fallback: number,
  minimum = 1,
): number {
  return wholeNumberOrInfinity(option, value, fallback, minimum, LONGEST_MS)
}

/** A whole number from `minimum` to `maximum`, or Infinity. @throws InvalidOptionError */
export function wholeNumberOrInfinity(
  option: string,
  value: number | undefined,
  fallback: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): number {
  const chosen = value === undefined ? fallback : value
  if (chosen === Number.POSITIVE_INFINITY) return chosen
  if (Number.isInteger(chosen) && chosen >= minimum && chosen <= maximum) return chosen
  throw new InvalidOptionError(option, `a whole number from ${minimum} to ${maximum}, or Infinity`, value)
}

/** A name: a string that is not empty. @throws InvalidOptionError */
export function nonEmptyString(option: string, value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new InvalidOptionError(option, 'a string that is not empty', value)
  return value
}

/** A string; undefined gives `fallback`. @throws InvalidOptionError */
export function text(option: string, value: string | undefined, fallback: string): string {
  if (value === undefined) return fallback
  if (typeof value !== 'string') throw new InvalidOptionError(option, 'a string', value)
  return value
}

/** A boolean; undefined gives `fallback`. @throws InvalidOptionError */
export function flag(option: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw new InvalidOptionError(option, 'true or false', value)
  return value
}

/** A function; undefined gives `fallback`. @throws InvalidOptionError */
export function callback<F extends (...args: never[]) => unknown>(
  option: string,
  value: F | undefined,
  fallback: F,
): F {
  if (value === undefined) return fallback
  if (typeof value !== 'function') throw new InvalidOptionError(option, 'a function', value)
  return value
}

/** An abort signal, or undefined. @throws InvalidOptionError */
export function abortSignal(option: string, value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined || typeof value?.addEventListener === 'function') return value
  throw new InvalidOptionError(option, 'an AbortSignal', value)
}

/**
 * Refuses names the options do not have, so that a misspelt option is not silently ignored.
 * @throws InvalidOptionError
 */
export function knownOptions(options: object, known: readonly string[], called = 'options'): void {
  optionsObject(options, called)
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new InvalidOptionError(
        name,
        `left out: there is no option ${name}${similarTo(name, known)}, only ${known.join(', ')}`,
        options[name as keyof typeof options],
      )
  }
}

/** Most misspelt options lack their unit or have other capitals. */
function similarTo(name: string, known: readonly string[]): string {
  const start = name.slice(0, 5).toLowerCase()
  const meant = known.find((each) => each.toLowerCase().startsWith(start))
  return meant === undefined ? '' : ` (did you mean ${meant}?)`
}

/** Options are an object. @throws InvalidOptionError */
export function optionsObject(options: unknown, called = 'options'): void {
  if (typeof options !== 'object' || options === null) throw new InvalidOptionError(called, 'an object', options)
}
