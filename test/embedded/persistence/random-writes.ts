import type { Argv } from '../differential/both.ts'
import { DUMPED } from '../rdb/payloads.ts'

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Make = (random: Source) => Argv

/** What commands are made of. Keys of a type rarely meet those of another: an error writes nothing. */
class Source {
  readonly number: (below: number) => number
  constructor(seed: number) {
    this.number = randomNumbers(seed)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.number(items.length)]!
  }

  key(type: string): string {
    return this.number(60) === 0 ? `${this.pick(['s', 'l', 'h', 'S', 'z', 'x'])}:0` : `${type}:${this.number(5)}`
  }

  value(): string {
    return this.pick([
      '',
      'a',
      'b',
      '7',
      '-3',
      'two words',
      '\r\n*1\r\n',
      '\x00\xff\xc3\xa9',
      'x'.repeat(70),
      `${this.number(9)}`,
    ])
  }

  values(): string[] {
    return Array.from({ length: 1 + this.number(4) }, () => this.value())
  }

  pairs(make: () => readonly string[]): string[] {
    return Array.from({ length: 1 + this.number(3) }, make).flat()
  }

  score(): string {
    return this.pick(['0', '1', '-1', '2.5', '1e300', '-inf', 'inf', '0.1', '3.0000000000000004', `${this.number(10)}`])
  }

  /** Far enough away that nothing expires while two servers are compared. */
  seconds(): string {
    return `${1000 + this.number(9)}`
  }

  id(): string {
    return `${1 + this.number(12)}-${this.number(3)}`
  }
}

const STRINGS: readonly Make[] = [
  (r) => ['SET', r.key('s'), r.value()],
  (r) => ['SET', r.key('s'), r.value(), 'EX', r.seconds()],
  (r) => ['SETEX', r.key('s'), r.seconds(), r.value()],
  (r) => ['SET', r.key('s'), r.value(), 'KEEPTTL'],
  (r) => ['GETEX', r.key('s'), r.pick(['PERSIST', 'EX']), '2000'].slice(0, r.number(2) === 0 ? 3 : 4),
  (r) => ['GETDEL', r.key('s')],
  (r) => ['GETSET', r.key('s'), r.value()],
  (r) => ['APPEND', r.key('s'), r.value()],
  (r) => ['SETRANGE', r.key('s'), `${r.number(20)}`, r.value()],
  (r) => ['INCRBY', r.key('s'), `${r.number(100)}`],
  (r) => ['INCRBYFLOAT', r.key('s'), '0.1'],
  (r) => ['MSET', r.key('s'), r.value(), r.key('s'), r.value()],
  (r) => ['SETBIT', r.key('s'), `${r.number(100)}`, '1'],
  (r) => ['BITOP', 'OR', r.key('s'), r.key('s'), r.key('s')],
]
const LISTS: readonly Make[] = [
  (r) => ['RPUSH', r.key('l'), ...r.values()],
  (r) => ['LPUSH', r.key('l'), ...r.values()],
  (r) => ['LPOP', r.key('l'), `${r.number(3)}`],
  (r) => ['RPOP', r.key('l')],
  (r) => ['LMOVE', r.key('l'), r.key('l'), r.pick(['LEFT', 'RIGHT']), 'LEFT'],
  (r) => ['LSET', r.key('l'), '0', r.value()],
  (r) => ['LINSERT', r.key('l'), 'BEFORE', 'a', r.value()],
  (r) => ['LREM', r.key('l'), '0', r.value()],
  (r) => ['LTRIM', r.key('l'), '0', '6'],
  (r) => ['BLPOP', r.key('l'), '0.001'],
  (r) => ['LMPOP', '2', r.key('l'), r.key('l'), 'LEFT', 'COUNT', '2'],
]
const HASHES: readonly Make[] = [
  (r) => ['HSET', r.key('h'), ...r.pairs(() => [r.value(), r.value()])],
  (r) => ['HDEL', r.key('h'), ...r.values()],
  (r) => ['HINCRBY', r.key('h'), r.value(), '3'],
  (r) => ['HINCRBYFLOAT', r.key('h'), r.value(), '0.7'],
  (r) => ['HSETNX', r.key('h'), r.value(), r.value()],
]
const SETS: readonly Make[] = [
  (r) => ['SADD', r.key('S'), ...r.values()],
  (r) => ['SREM', r.key('S'), ...r.values()],
  (r) => ['SPOP', r.key('S')],
  (r) => ['SPOP', r.key('S'), '2'],
  (r) => ['SMOVE', r.key('S'), r.key('S'), r.value()],
  (r) => [r.pick(['SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE']), r.key('S'), r.key('S'), r.key('S')],
  (r) => ['SORT', r.key('S'), 'ALPHA', 'STORE', r.key('l')],
]
const SORTED_SETS: readonly Make[] = [
  (r) => ['ZADD', r.key('z'), ...r.pairs(() => [r.score(), r.value()])],
  (r) => ['ZINCRBY', r.key('z'), '1.1', r.value()],
  (r) => ['GEOADD', r.key('z'), `${r.number(180)}`, `${r.number(80)}`, r.value()],
  (r) => ['GEOSEARCHSTORE', r.key('z'), r.key('z'), 'FROMLONLAT', '90', '40', 'BYRADIUS', '5000', 'km'],
  (r) => ['ZREM', r.key('z'), ...r.values()],
  (r) => [r.pick(['ZPOPMIN', 'ZPOPMAX']), r.key('z')],
  (r) => ['ZUNIONSTORE', r.key('z'), '2', r.key('z'), r.key('z'), 'WEIGHTS', '1', '2'],
  (r) => ['ZRANGESTORE', r.key('z'), r.key('z'), '0', '3'],
  (r) => ['ZREMRANGEBYRANK', r.key('z'), '3', '5'],
  (r) => ['BZPOPMIN', r.key('z'), '0.001'],
]
const STREAMS: readonly Make[] = [
  (r) => ['XADD', r.key('x'), '*', ...r.pairs(() => [r.value(), r.value()])],
  (r) => ['XADD', r.key('x'), r.id(), 'f', r.value()],
  (r) => ['XADD', r.key('x'), '*', 'f', r.value()],
  (r) => ['XADD', r.key('x'), 'MAXLEN', r.pick(['~', '=']), '7', '*', 'f', r.value()],
  (r) => ['XDEL', r.key('x'), r.id(), r.id()],
  (r) => ['XTRIM', r.key('x'), 'MINID', r.id()],
  (r) => ['XGROUP', 'CREATE', r.key('x'), r.pick(['g', 'G']), r.pick(['0', '$', '3-1']), 'MKSTREAM'],
  (r) => ['XGROUP', 'SETID', r.key('x'), r.pick(['g', 'G']), '0'],
  (r) => ['XGROUP', r.pick(['CREATECONSUMER', 'DELCONSUMER']), r.key('x'), 'g', r.pick(['c', 'd'])],
  (r) => ['XREADGROUP', 'GROUP', r.pick(['g', 'G']), r.pick(['c', 'd']), 'COUNT', '2', 'STREAMS', r.key('x'), '>'],
  (r) => ['XREADGROUP', 'GROUP', r.pick(['g', 'G']), 'c', 'STREAMS', r.key('x'), '0'],
  (r) => ['XACK', r.key('x'), 'g', r.id(), r.id(), r.id()],
  (r) => ['XAUTOCLAIM', r.key('x'), 'g', 'd', '0', '0', 'COUNT', '2'],
  (r) => ['XSETID', r.key('x'), '99999999999999-7', 'ENTRIESADDED', '500', 'MAXDELETEDID', '2-0'],
]
const HYPERLOGLOGS: readonly Make[] = [
  (r) => ['PFADD', r.key('p'), ...r.values()],
  (r) => ['PFADD', r.key('p'), ...Array.from({ length: 30 }, () => `${r.number(1e6)}`)],
  (r) => ['PFCOUNT', r.key('p')],
  (r) => ['PFMERGE', r.key('p'), r.key('p')],
]
const ANY: readonly ((r: Source) => string)[] = ['s', 'l', 'h', 'S', 'z', 'x', 'p'].map((type) => (r) => r.key(type))
const KEYS: readonly Make[] = [
  (r) => ['RESTORE', r.pick(ANY)(r), r.pick(['0', '9999999']), r.pick(Object.values(DUMPED)), 'REPLACE'],
  (r) => ['DEL', r.pick(ANY)(r), r.pick(ANY)(r)],
  (r) => ['EXPIRE', r.pick(ANY)(r), r.seconds()],
  (r) => ['EXPIRE', r.pick(ANY)(r), '-1'],
  (r) => ['PERSIST', r.pick(ANY)(r)],
  (r) => {
    const key = r.pick(ANY)
    return [r.pick(['RENAME', 'RENAMENX']), key(r), key(r)]
  },
  (r) => {
    const key = r.pick(ANY)
    return ['COPY', key(r), key(r), 'REPLACE']
  },
  (r) => ['MOVE', r.pick(ANY)(r), `${r.number(3)}`],
]
const SERVER: readonly Make[] = [
  (r) => ['SELECT', `${r.number(3)}`],
  (r) => ['SELECT', `${r.number(3)}`],
  (r) => ['SELECT', `${r.number(3)}`],
  (r) => ['SWAPDB', '0', `${r.number(3)}`],
  (r) => [r.number(8) === 0 ? 'FLUSHALL' : r.number(4) === 0 ? 'FLUSHDB' : 'PING'],
]
const FAMILIES = [STRINGS, LISTS, HASHES, SETS, SORTED_SETS, STREAMS, STREAMS, HYPERLOGLOGS, KEYS]

/** Random commands of every family that writes, some of them in transactions; the same for the same seed. */
export function randomWrites(seed: number, count: number): Argv[] {
  const source = new Source(seed)
  const script: Argv[] = []
  while (script.length < count) {
    const inTransaction = source.number(12) === 0
    if (inTransaction) script.push(['MULTI'])
    for (let left = inTransaction ? source.number(5) : 1; left > 0; left--) {
      const family = source.number(25) === 0 ? SERVER : source.pick(FAMILIES)
      script.push(source.pick(family)(source))
    }
    if (inTransaction) script.push(['EXEC'])
  }
  return script
}
