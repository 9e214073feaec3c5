import fc from 'fast-check'
import type { Argv } from './both.ts'

/** One argument, or several. */
type Part = fc.Arbitrary<string | readonly string[]>

/** A command: its name, as it is, and arguments as they are drawn. */
export function command(name: string, ...parts: readonly (string | Part)[]): fc.Arbitrary<Argv> {
  const arbitraries = parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))
  return fc.tuple(...arbitraries).map((drawn) => [name, ...drawn.flat()])
}

/** One of these words, often the first. */
export function word(...words: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...words)
}

/** Some of them, from `min` to `max`. */
export function some(part: fc.Arbitrary<string | readonly string[]>, min: number, max: number): Part {
  return fc.array(part, { minLength: min, maxLength: max }).map((drawn) => drawn.flat())
}

/** These arguments, or now and then none. */
export function maybe(...parts: readonly (string | Part)[]): Part {
  return fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: sequence(...parts) })
}

export function sequence(...parts: readonly (string | Part)[]): Part {
  return fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((drawn) => drawn.flat())
}

/** How many keys follow, now and then wrongly, and the keys. */
export function counted(key: Part, max: number): Part {
  return fc
    .tuple(some(key, 1, max), fc.integer({ min: 0, max: 39 }))
    .map(([keys, lie]) => [lie === 0 ? '0' : lie === 1 ? '9' : lie === 2 ? 'x' : `${keys.length}`, ...keys])
}

/** Integers as clients write them, some wrongly. */
export const integer: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 12 }).map(String) },
  {
    weight: 1,
    arbitrary: word('9223372036854775807', '-9223372036854775808', '9223372036854775808', '1.5', '', '01', 'x', ' 1'),
  },
)

/** Counts that do not ask for more than a reply can hold. */
export const count: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 12 }).map(String) },
  { weight: 1, arbitrary: word('9223372036854775807', '-9223372036854775808', '1.5', '', 'x') },
)

/** Scores as clients write them, some wrongly. */
export const score: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -4, max: 4 }).map(String) },
  { weight: 3, arbitrary: fc.double({ noNaN: true }).map(String) },
  { weight: 2, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }).map(String) },
  {
    weight: 3,
    arbitrary: word(
      'inf',
      '-inf',
      '+Infinity',
      '-0',
      '0.1',
      '1e3',
      '.5',
      '5.',
      '0x1f',
      '1e-7',
      '1e22',
      '123456789012345678',
    ),
  },
  { weight: 1, arbitrary: word('nan', 'x', '', ' 1', '1 ', '1e400', '-1e400', '1e-400', '0x', '1e', '+', '1_0') },
)

/** Spoils a command now and then: an argument too many or too few, not before the key. */
export function spoilt(commands: fc.Arbitrary<Argv>): fc.Arbitrary<Argv> {
  const spoil = fc.tuple(commands, fc.nat(), fc.option(integer)).map(([argv, at, extra]) => {
    const place = 2 + (at % argv.length)
    return extra === null ? argv.toSpliced(place, 1) : argv.toSpliced(place, 0, extra)
  })
  const lowered = commands.map((argv) => argv.map((word, i) => (i === 1 ? word : word.toLowerCase())))
  return fc.oneof(
    { weight: 20, arbitrary: commands },
    { weight: 1, arbitrary: spoil },
    { weight: 1, arbitrary: lowered },
  )
}
