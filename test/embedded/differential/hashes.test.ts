import fc from 'fast-check'
import { command, count, integer, maybe, score, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['a', 'b', 'big', 'str']
const key = word('a', 'b', 'a', 'b', 'a', 'b', 'big', 'str', 'none')
const field = fc.oneof(
  { weight: 6, arbitrary: word('f', 'g', 'h', 'n', '', '\xff\0\r\n') },
  { weight: 1, arbitrary: word('x'.repeat(64), 'x'.repeat(65)) },
)
const value = fc.oneof(
  { weight: 3, arbitrary: word('v', '', 'y'.repeat(64), 'y'.repeat(65), '\0') },
  { weight: 3, arbitrary: integer },
  { weight: 2, arbitrary: score },
)
const floats = fc.oneof(score, word('0.1', '0.2', '3.0e3', '1e17', '-1.5', '1e300'))
const scanOptions = sequence(maybe('MATCH', word('*', 'f*', '[f-g]', '?')), 'COUNT', word('1000', '1000', '0', 'x'))

const steps = spoilt(
  fc.oneof(
    { weight: 5, arbitrary: command('HSET', key, some(sequence(field, value), 1, 4)) },
    command('HMSET', key, some(sequence(field, value), 1, 3)),
    command('HSETNX', key, field, value),
    command('HGET', key, field),
    command('HMGET', key, some(field, 1, 4)),
    command('HGETALL', key),
    command('HKEYS', key),
    command('HVALS', key),
    command('HLEN', key),
    command('HEXISTS', key, field),
    command('HSTRLEN', key, field),
    { weight: 2, arbitrary: command('HDEL', key, some(field, 1, 4)) },
    { weight: 3, arbitrary: command('HINCRBY', key, field, integer) },
    { weight: 3, arbitrary: command('HINCRBYFLOAT', key, field, floats) },
    { weight: 2, arbitrary: command('HRANDFIELD', key, maybe(count), maybe(word('WITHVALUES', 'withvalues', 'x'))) },
    { weight: 2, arbitrary: command('HSCAN', key, word('0', '0', '0', 'x', ''), scanOptions) },
    command('CONFIG', 'SET', 'hash-max-listpack-entries', word('512', '3')),
    command('OBJECT', 'ENCODING', key),
    command('DEL', key),
    command('COPY', key, key, maybe('REPLACE')),
    command('SET', 'str', 'v'),
  ),
).map((argv) => [argv])

differentialSuite({
  title: 'hashes',
  isCertain: true,
  steps,
  inspection: KEYS.flatMap((name) => [
    ['HGETALL', name],
    ['OBJECT', 'ENCODING', name],
  ]),
  agree([name]) {
    const upper = name!.toUpperCase()
    if (upper === 'HRANDFIELD') return 'size'
    if (upper === 'HSCAN') return 'scan pairs'
    // The fields of a large hash have no order.
    return upper === 'HGETALL' ? 'unordered pairs' : upper === 'HKEYS' || upper === 'HVALS' ? 'unordered' : 'exact'
  },
})
