import fc from 'fast-check'
import { command, integer, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['list', 'set', 'zset', 'str', 'out']
const key = word('list', 'set', 'zset', 'list', 'set', 'zset', 'str', 'none', 'out')
const element = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: -5, max: 15 }).map(String) },
  { weight: 1, arbitrary: word('1.5', '1.0', ' 7', 'inf', '0x10', '1e2', '') },
  // Nothing out of range: Redis refuses whatever it sorts after that until some call resets `errno`.
  { weight: 1, arbitrary: word('a', 'b', 'nan', '1x') },
)
const pattern = word('w_*', 'w_*', 'h_*->f', 'h_*->f', '#', 'nosort', '*', 'h_*->', 'w_1', 'w_*->f', 'h_*')
const options = sequence(
  maybe('BY', pattern),
  maybe('LIMIT', integer, integer),
  some(sequence('GET', pattern), 0, 2),
  maybe(word('ASC', 'DESC', 'ALPHA', 'DOWN')),
  maybe(word('ASC', 'DESC', 'ALPHA')),
  maybe('STORE', word('out', 'out', 'list')),
)

const steps = spoilt(
  fc.oneof(
    command('RPUSH', 'list', some(element, 1, 4)),
    command('SADD', 'set', some(element, 1, 4)),
    command('ZADD', 'zset', some(sequence(word('0', '1', '2', '3.5'), element), 1, 3)),
    command(
      'SET',
      element.map((name) => `w_${name}`),
      element,
    ),
    command(
      'HSET',
      element.map((name) => `h_${name}`),
      'f',
      element,
    ),
    command('DEL', key),
    command('OBJECT', 'ENCODING', key),
    { weight: 8, arbitrary: command('SORT', key, options) },
    { weight: 2, arbitrary: command('SORT_RO', key, options) },
  ),
)
  // Where the texts to sort by are equal, Redis leaves the order to chance: that must not be kept.
  .filter((argv) => !['BY', 'ALPHA', 'STORE'].every((word) => argv.some((given) => given.toUpperCase() === word)))
  .map((argv) => [argv])

differentialSuite({
  title: 'SORT',
  isCertain: true,
  steps,
  inspection: KEYS.flatMap((name) => [
    ['LRANGE', name, '0', '-1'],
    ['OBJECT', 'ENCODING', name],
  ]),
  // Whose key is missed first depends on the order within a set.
  events: 'KEAn',
  agree(argv) {
    const words = argv.map((word) => word.toUpperCase())
    const by = argv[words.lastIndexOf('BY') + 1] ?? ''
    if (!words[0]!.startsWith('SORT') || !words.includes('BY')) return 'exact'
    // A set that is not sorted has no order, nor has what equal texts sort.
    return words.includes('ALPHA') || !by.includes('*') ? 'size' : 'exact'
  },
})
