import fc from 'fast-check'
import type { Argv } from './both.ts'
import { command, count, counted, integer, maybe, score, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['z0', 'z1', 'z2', 'z3', 'set', 'str']
const key = fc.oneof(
  { weight: 16, arbitrary: word('z0', 'z1', 'z2', 'z3') },
  { weight: 1, arbitrary: word('str', 'set', 'none') },
)
const operand = fc.oneof({ weight: 5, arbitrary: key }, { weight: 1, arbitrary: fc.constant('set') })
const letters = [...'abcdefghijkl']
const member = fc.oneof(
  { weight: 8, arbitrary: word(...letters) },
  { weight: 1, arbitrary: word('', 'aa', 'B', '10', '9', '\xff\0\r\n', 'x'.repeat(64), 'x'.repeat(65)) },
)
const pair = sequence(score, member)
const bound = fc.oneof(
  { weight: 4, arbitrary: score },
  { weight: 3, arbitrary: score.map((text) => `(${text}`) },
  { weight: 2, arbitrary: word('-inf', '+inf', '(-inf', '(inf', '1\u00002', '(', ' 2', '( 2') },
)
const lexBound = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(word('[', '('), member).map((parts) => parts.join('')) },
  { weight: 3, arbitrary: word('-', '+') },
  { weight: 1, arbitrary: word('a', '', '++', '[', '(', '+\0x') },
)
const limit = sequence('LIMIT', integer, integer)
const weighted = sequence(maybe('WEIGHTS', some(score, 1, 3)), maybe('AGGREGATE', word('SUM', 'MIN', 'MAX', 'AVG')))
const range = fc.oneof(
  sequence(integer, integer, maybe('REV')),
  sequence(bound, bound, 'BYSCORE', maybe('REV'), maybe(limit)),
  {
    weight: 1,
    arbitrary: sequence(bound, bound, maybe('BYSCORE'), maybe('BYSCORE', 'BYLEX'), maybe('REV'), maybe(limit)),
  },
)
const where = word('MIN', 'MAX', 'MIN', 'MAX', 'MID')

const changing = fc.oneof(
  { weight: 6, arbitrary: command('ZADD', key, some(pair, 1, 4)) },
  {
    weight: 4,
    arbitrary: command('ZADD', key, some(word('NX', 'XX', 'GT', 'LT', 'CH', 'CH'), 0, 2), some(pair, 1, 3)),
  },
  {
    weight: 2,
    arbitrary: command('ZADD', key, some(word('NX', 'XX', 'GT', 'LT', 'CH'), 0, 2), 'INCR', some(pair, 1, 1)),
  },
  { weight: 2, arbitrary: command('ZINCRBY', key, score, member) },
  { weight: 3, arbitrary: command('ZREM', key, some(member, 1, 4)) },
  command('ZREMRANGEBYRANK', key, integer, integer),
  command('ZREMRANGEBYSCORE', key, bound, bound),
  { weight: 2, arbitrary: command('ZPOPMIN', key, maybe(count)) },
  { weight: 2, arbitrary: command('ZPOPMAX', key, maybe(count)) },
  { weight: 2, arbitrary: command('ZMPOP', counted(key, 3), where, maybe('COUNT', count)) },
  command('ZRANGESTORE', key, key, range),
  command('ZUNIONSTORE', key, counted(operand, 3), weighted),
  command('ZINTERSTORE', key, counted(operand, 3), weighted),
  command('ZDIFFSTORE', key, counted(operand, 3)),
  command('DEL', key),
  command('COPY', key, key, maybe('REPLACE')),
  command('SET', 'str', 'v'),
  command('SADD', 'set', some(member, 1, 4)),
  command('CONFIG', 'SET', 'zset-max-listpack-entries', word('128', '6', '0')),
)
const asking = fc.oneof(
  command('ZCARD', key),
  command('ZSCORE', key, member),
  command('ZMSCORE', key, some(member, 1, 4)),
  command('ZRANK', key, member),
  command('ZREVRANK', key, member),
  command('ZCOUNT', key, bound, bound),
  { weight: 3, arbitrary: command('ZRANGE', key, range, maybe('WITHSCORES')) },
  command('ZREVRANGE', key, integer, integer, maybe('WITHSCORES')),
  { weight: 2, arbitrary: command('ZRANGEBYSCORE', key, bound, bound, maybe('WITHSCORES'), maybe(limit)) },
  { weight: 2, arbitrary: command('ZREVRANGEBYSCORE', key, bound, bound, maybe(limit), maybe('WITHSCORES')) },
  { weight: 2, arbitrary: command('ZUNION', counted(operand, 3), weighted, maybe('WITHSCORES')) },
  { weight: 2, arbitrary: command('ZINTER', counted(operand, 3), weighted, maybe('WITHSCORES')) },
  { weight: 2, arbitrary: command('ZDIFF', counted(operand, 3), maybe('WITHSCORES')) },
  command('ZINTERCARD', counted(operand, 3), maybe('LIMIT', integer)),
  { weight: 2, arbitrary: command('ZRANDMEMBER', key, maybe(count, maybe('WITHSCORES'))) },
  command('ZSCAN', key, word('0', '0', '0', 'x'), maybe('MATCH', word('*', 'a', '[b-f]')), 'COUNT', '1000'),
  command('OBJECT', 'ENCODING', key),
)

/** Ranges by member mean something only where all scores are equal. */
const lexKey = word('lex', 'lex', 'lex', 'lex', 'lex', 'lex', 'wrong', 'absent')
const lex = fc.oneof(
  { weight: 3, arbitrary: command('ZADD', 'lex', some(sequence('0', member), 1, 4)) },
  command('ZREM', 'lex', member),
  command('SET', 'wrong', 'v'),
  command('ZLEXCOUNT', lexKey, lexBound, lexBound),
  command('ZRANGEBYLEX', lexKey, lexBound, lexBound, maybe(limit)),
  command('ZREVRANGEBYLEX', lexKey, lexBound, lexBound, maybe(limit)),
  command('ZRANGE', lexKey, lexBound, lexBound, 'BYLEX', maybe('REV'), maybe(limit), maybe('WITHSCORES')),
  command('ZREMRANGEBYLEX', lexKey, lexBound, lexBound),
  command('ZRANGESTORE', 'z0', lexKey, lexBound, lexBound, 'BYLEX', maybe(limit)),
)

/** Within a transaction nothing blocks. */
const timeout = word('0', '0', '1', '0.5', '-1', 'x', '1e30', 'inf')
const blocking = fc
  .array(
    fc.oneof(
      command('BZPOPMIN', some(key, 1, 3), timeout),
      command('BZPOPMAX', some(key, 1, 3), timeout),
      command('BZMPOP', timeout, counted(key, 3), where, maybe('COUNT', count)),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((commands): Argv[] => [['MULTI'], ...commands, ['EXEC']])

differentialSuite({
  title: 'sorted sets',
  isCertain: true,
  steps: fc.oneof(
    { weight: 10, arbitrary: spoilt(changing).map((argv) => [argv]) },
    { weight: 10, arbitrary: spoilt(asking).map((argv) => [argv]) },
    { weight: 5, arbitrary: spoilt(lex).map((argv) => [argv]) },
    { weight: 1, arbitrary: blocking },
  ),
  inspection: KEYS.flatMap((name) => [
    ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
    ['OBJECT', 'ENCODING', name],
  ]),
  agree([name]) {
    const upper = name!.toUpperCase()
    if (upper === 'ZRANDMEMBER') return 'size'
    return upper === 'ZSCAN' ? 'scan pairs' : 'exact'
  },
})
