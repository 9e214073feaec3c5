import fc from 'fast-check'
import { command, count, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['g0', 'g1', 'g2']
const key = fc.oneof({ weight: 20, arbitrary: word(...KEYS) }, { weight: 1, arbitrary: word('str', 'none', 'target') })
const member = fc.oneof(
  { weight: 12, arbitrary: fc.nat(30).map((n) => `m${n}`) },
  { weight: 1, arbitrary: word('', '7', '\xff\0\r\n', 'x'.repeat(65)) },
)
const degrees = (limit: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: -limit, max: limit, noNaN: true }).map(String) },
    { weight: 2, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: -Math.floor(limit), max: Math.floor(limit) }).map(String) },
  )
const longitude = fc.oneof(
  { weight: 20, arbitrary: degrees(180) },
  { weight: 1, arbitrary: word('180', '-180', '179.99999999999', '181', '-1e300', 'x', 'inf', 'nan', '') },
)
const latitude = fc.oneof(
  { weight: 20, arbitrary: degrees(85.05112878) },
  { weight: 1, arbitrary: word('85.05112878', '-85.05112878', '85.05112879', '-90', '0x10', 'x') },
)
const unit = fc.oneof(
  { weight: 20, arbitrary: word('m', 'km', 'ft', 'mi', 'KM') },
  { weight: 1, arbitrary: word('', 'x') },
)
const length = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 20_000, noNaN: true }).map(String) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 25_000_000 }).map(String) },
  { weight: 1, arbitrary: word('0', '-0', '-1', 'x', 'inf', '1e300', '1e-300') },
)
const options = some(
  fc.oneof(
    { weight: 6, arbitrary: word('WITHDIST', 'WITHHASH', 'WITHCOORD', 'ASC', 'DESC') },
    { weight: 2, arbitrary: sequence('COUNT', count) },
    { weight: 1, arbitrary: sequence('COUNT', '3', 'ANY') },
    { weight: 1, arbitrary: word('ANY', 'x', 'COUNT', 'STOREDIST') },
  ),
  0,
  4,
)
const storing = some(fc.oneof(word('ASC', 'DESC'), sequence('COUNT', '4'), sequence('COUNT', '2', 'ANY')), 0, 2)
const from = fc.oneof(
  { weight: 6, arbitrary: sequence('FROMLONLAT', longitude, latitude) },
  { weight: 4, arbitrary: sequence('FROMMEMBER', member) },
  { weight: 1, arbitrary: sequence('FROMMEMBER', 'm1', 'FROMLONLAT', '1', '1') },
)
const shape = fc.oneof(
  { weight: 6, arbitrary: sequence('BYRADIUS', length, unit) },
  { weight: 6, arbitrary: sequence('BYBOX', length, length, unit) },
  { weight: 1, arbitrary: sequence('BYBOX', '1', '2', 'm', 'BYRADIUS', '1', 'm') },
)
const store = sequence(word('STORE', 'STOREDIST'), word('target', 'target', 'g2'))

const changing = fc.oneof(
  { weight: 8, arbitrary: command('GEOADD', key, some(sequence(longitude, latitude, member), 1, 4)) },
  {
    weight: 3,
    arbitrary: command(
      'GEOADD',
      key,
      some(word('NX', 'XX', 'CH', 'ch'), 1, 2),
      some(sequence(longitude, latitude, member), 1, 3),
    ),
  },
  { weight: 2, arbitrary: command('GEOSEARCHSTORE', 'target', key, from, shape, storing, maybe('STOREDIST')) },
  command('GEOSEARCHSTORE', key, key, from, shape, options),
  { weight: 2, arbitrary: command('GEORADIUS', key, longitude, latitude, length, unit, storing, store) },
  { weight: 2, arbitrary: command('GEORADIUSBYMEMBER', key, member, length, unit, storing, store) },
  command('ZREM', key, some(member, 1, 3)),
  command(
    'ZADD',
    key,
    word('-1', '1.5', '0', '4503599627370496', '1e16', '1e18', '1e19', '-1e19', 'inf', '-inf'),
    member,
  ),
  command('DEL', key),
  command('SET', 'str', 'v'),
  command('CONFIG', 'SET', 'zset-max-listpack-entries', word('128', '6')),
)
const asking = fc.oneof(
  { weight: 3, arbitrary: command('GEODIST', key, member, member, maybe(unit)) },
  { weight: 2, arbitrary: command('GEOHASH', key, some(member, 0, 3)) },
  { weight: 2, arbitrary: command('GEOPOS', key, some(member, 0, 3)) },
  { weight: 10, arbitrary: command('GEOSEARCH', key, from, shape, options) },
  { weight: 3, arbitrary: command('GEORADIUS', key, longitude, latitude, length, unit, options) },
  { weight: 2, arbitrary: command('GEORADIUS_RO', key, longitude, latitude, length, unit, options, maybe(store)) },
  { weight: 3, arbitrary: command('GEORADIUSBYMEMBER', key, member, length, unit, options) },
  { weight: 2, arbitrary: command('GEORADIUSBYMEMBER_RO', key, member, length, unit, options, maybe(store)) },
)

const keysOfCall = command('COMMAND', 'GETKEYS', 'GEORADIUS', key, '1', '1', '1', 'm', maybe(store), maybe(store))

differentialSuite({
  title: 'places',
  steps: fc.oneof(
    { weight: 4, arbitrary: spoilt(changing).map((argv) => [argv]) },
    { weight: 6, arbitrary: spoilt(asking).map((argv) => [argv]) },
    { weight: 1, arbitrary: keysOfCall.map((argv) => [argv]) },
  ),
  inspection: [
    ...[...KEYS, 'target'].flatMap((name) => [
      ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
      ['OBJECT', 'ENCODING', name],
    ]),
    ['CONFIG', 'SET', 'zset-max-listpack-entries', '128'],
  ],
  agree: () => 'exact',
  // Where the sine of C's library is not the nearest double, a distance that was kept differs in the last of 17 digits.
  normalize: (text) =>
    text.replace(/(?:\$\d+\r\n|,)(\d+\.\d+)\r\n/g, (whole, digits: string) =>
      /^[0.]*[1-9.][\d.]{15,17}$/.test(digits) ? Number(digits).toPrecision(14) : whole,
    ),
})
