import { inspect } from 'node:util'
import { isObject, isPlainObject } from '../util/is-object.ts'
import { boundedText, MOST_CHARACTERS } from './bounded.ts'

/** How many values of a result are shown, nested ones included. */
const MOST_VALUES = 5_000
/** How many entries of one list, map or object. */
const MOST_ENTRIES = 200
/** How deep a result is shown. */
const DEEPEST = 12
/** How many characters of a result are shown. */
const MOST_OF_ALL = 256 * 1024

/**
 * A value as text, of bounded length, and in bounded time: values that share parts can be far
 * larger than the message that they came in.
 */
export function shownValue(value: unknown): string {
  let left = MOST_VALUES
  const copies = (part: unknown, depth: number): unknown => {
    left--
    if (!isObject(part)) return part
    const isNested = Array.isArray(part) || part instanceof Map || part instanceof Set || isPlainObject(part)
    if (!isNested) return part
    if (depth >= DEEPEST || left <= 0) return new Omitted('…')
    const copy = (each: unknown): unknown => copies(each, depth + 1)
    if (Array.isArray(part)) return some(part, part.length, copy, more)
    if (part instanceof Set) return new Set(some(part, part.size, copy, more))
    if (part instanceof Map) {
      const entries = some(part, part.size, ([key, each]) => [copy(key), copy(each)] as [unknown, unknown], moreEntries)
      return new Map(entries)
    }
    const names = Object.keys(part)
    const entries = some(
      names,
      names.length,
      (name) => [boundedText(name, 1_024), copy((part as Record<string, unknown>)[name])] as [string, unknown],
      (count): [string, unknown] => [`(${count} more)`, new Omitted('…')],
    )
    return Object.fromEntries(entries)
  }
  const some = <T, R>(all: Iterable<T>, size: number, show: (each: T) => R, rest: (count: number) => R): R[] => {
    const shown: R[] = []
    for (const each of all) {
      if (shown.length >= MOST_ENTRIES || left <= 0) return [...shown, rest(size - shown.length)]
      shown.push(show(each))
    }
    return shown
  }
  const text = inspect(copies(value, 0), {
    depth: DEEPEST + 1,
    maxArrayLength: MOST_ENTRIES + 1,
    maxStringLength: MOST_CHARACTERS,
    breakLength: 100,
  })
  return boundedText(text, MOST_OF_ALL)
}

function more(count: number): Omitted {
  return new Omitted(`… ${count} more`)
}

function moreEntries(count: number): [unknown, unknown] {
  return [more(count), new Omitted('…')]
}

/** In the place of what is not shown. */
class Omitted {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  [inspect.custom](): string {
    return this.#text
  }
}
