/** Parsers for the words of a command line. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { InvalidArgumentError, Option } from 'commander'
import { UsageError } from './usage-error.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** A time in ms: `500`, `500ms`, `1.5s`, `2m`, `1h`. @throws InvalidArgumentError */
export function duration(word: string): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(word) ?? []
  if (number !== undefined) return Math.round(Number(number) * UNITS[unit]!)
  throw new InvalidArgumentError('Write a time such as 500ms, 1.5s, 2m or 1h.')
}

/** The option `--timeout`. @param shown the default, as typed by a user */
export function timeout(means: string, shown: string): Option {
  return new Option('--timeout <time>', means).argParser(duration).default(duration(shown), shown)
}

/** A whole number, at least 1. @throws InvalidArgumentError */
export function count(word: string): number {
  if (/^[1-9]\d{0,14}$/.test(word)) return Number(word)
  throw new InvalidArgumentError('Write a whole number of at least 1.')
}

/** A whole number, at least 0. @throws InvalidArgumentError */
export function countOrZero(word: string): number {
  return word === '0' ? 0 : count(word)
}

/** Adds `key=value` to the earlier ones. @throws InvalidArgumentError */
export function pair(word: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = word.indexOf('=')
  if (at > 0) return { ...before, [word.slice(0, at)]: word.slice(at + 1) }
  throw new InvalidArgumentError('Write key=value.')
}

/** Parses a word as JSON5. @throws UsageError */
export async function json5(word: string, what: string): Promise<unknown> {
  const { default: JSON5 } = await import('json5')
  try {
    return JSON5.parse(word)
  } catch (error) {
    const problem = (error as Error).message.replace(/^JSON5: /, '')
    const hint = /^[\w-]+$/.test(word) ? `; a string needs its own quotes: '"${word}"'` : ''
    throw new UsageError(`${what} is not JSON5: ${problem}${hint}`)
  }
}

/** The arguments of a call: one per word, or an array in a file (`-`: standard input). @throws UsageError */
export async function callArguments(words: readonly string[], file: string | undefined): Promise<unknown[]> {
  if (file === undefined) return Promise.all(words.map((word, i) => json5(word, `argument ${i + 1}`)))
  if (words.length > 0) throw new UsageError('pass the arguments as words or with --args, not both')
  const args = await json5(await contentOf(file), 'the file of --args')
  if (Array.isArray(args)) return args
  throw new UsageError('the file of --args must contain an array of all arguments')
}

async function contentOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--args: ${(error as Error).message}`)
  }
}
