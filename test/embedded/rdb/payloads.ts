import { crc64 } from '../../../lib/embedded/rdb/crc64.ts'

const latin1 = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1')

/** What DUMP of Redis 7.0.15 has answered, for each form that it writes. */
export const DUMPED: Readonly<Record<string, string>> = {
  'an integer of 8 bits': latin1('AMD5CgBeJtEw16JCqw=='),
  'an integer of 16 bits': latin1('AMHSBAoAAIcIoUSCXO0='),
  'an integer of 32 bits': latin1('AMIVzVsHCgCkt8kJ4Ok3ng=='),
  'an integer of 64 bits': latin1('AA0xMjM0NTY3ODkwMTIzCgBeDBKuBCm8Hg=='),
  'a string': latin1('AAVoZWxsbwoAY3LfdmU0IAo='),
  'a compressed string': latin1('AMMUQ4QDYWJjYeD/AuH/B+H/B+FdBwFiYwoAsdN6SlEFuWo='),
  'a list': latin1('EgECwyhAhhiGAAAABgCBYQIBAfF47APycBEBBPQAXtCyIBcEAAngZHjgWgABZv8KAIqQb48R8x/7'),
  'a list of nodes': latin1(
    'EgQCDw8AAAACAIJ2MAOCdjED/wIPDwAAAAIAgnYyA4J2MwP/Ag8PAAAAAgCCdjQDgnY1A/8CCwsAAAABAIJ2NgP/CgBcF0PafkiFsA==',
  ),
  'integers of 16 bits': latin1('Cw4CAAAAAwAAAP3/AQACAAoA0beO2bwHwn8='),
  'integers of 32 bits': latin1('CxAEAAAAAgAAAAEAAABwEQEACgAnNUNu/WZWxA=='),
  'integers of 64 bits': latin1('CxgIAAAAAgAAAAEAAAAAAAAAAPIFKgEAAAAKAFT1omrnB7X8'),
  'a set': latin1('AgPAAQFhAWIKAM/aTGBXKkwz'),
  'a small hash': latin1('EBISAAAABACBZgKBdgKBZwIRAf8KAH6lcLARyE0x'),
  'a hash': latin1('BAIBZsMJQEYBd3fgOQABd3cBZ8ARCgBL36tRNQy2ig=='),
  'a small sorted set': latin1('ER0dAAAABgCBYwKELWluZgWBYQIBAYFiAoMyLjUE/woAOZIzm+EfMj0='),
  'a sorted set': latin1('BQMBYwAAAAAAAPB/AWIAAAAAAAAEQMMJQEYBYWHgOQABYWEAAAAAAADwPwoA/0yhL9EqKFg='),
  'a stream with groups': latin1(
    'EwEQAAAAAAAAAAEAAAAAAAAAAcM+QEQHRAAAABsAAwFAAAeBZgIAAQIBACABBYF2AgQBAyAIIBUAdyAKQAgC3/8CIA0BZwIgGwAGICYAAoAQAgQB/wMDAAEBAQIEAgFnAwAEAwAAAAAAAAABAAAAAAAAAAHOy2v8oQEAAAEAAAAAAAAAAgAAAAAAAAAAzstr/KEBAAABAAAAAAAAAAMAAAAAAAAAAM7La/yhAQAAAQIFYWxpY2XOy2v8oQEAAAIAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAANib2LOy2v8oQEAAAEAAAAAAAAAAwAAAAAAAAAAAWgDAIH//////////wAACgB/rk7WNFHpvA==',
  ),
}

/** Puts version and checksum behind bytes, so that only what they say can be wrong. */
export function sealed(body: Buffer, version = 10): string {
  const whole = Buffer.concat([body, Buffer.of(version & 0xff, version >> 8)])
  return Buffer.concat([whole, crc64(whole)]).toString('latin1')
}

/** A payload without its version and checksum. */
export function bodyOf(payload: string): Buffer {
  return Buffer.from(payload, 'latin1').subarray(0, -10)
}

const string = (bytes: Buffer | string): Buffer => {
  const text = Buffer.from(bytes as string, 'latin1')
  return Buffer.concat([Buffer.of(0x40 | (text.length >> 8), text.length), text])
}

/** An element of a ziplist: the length of the one before it is never looked at. */
const zip = (...bytes: readonly number[]): Buffer => Buffer.of(0, ...bytes)
const zipText = (text: string): Buffer => Buffer.concat([Buffer.of(0, text.length), Buffer.from(text)])

function ziplist(...elements: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(10)
  const body = Buffer.concat([head, ...withLengths(elements), Buffer.of(0xff)])
  body.writeUInt32LE(body.length, 0)
  body.writeUInt32LE(body.length - 1 - (elements.at(-1)?.length ?? 0), 4)
  body.writeUInt16LE(elements.length, 8)
  return body
}

function withLengths(elements: readonly Buffer[]): readonly Buffer[] {
  return elements.map((element, i) => Buffer.concat([Buffer.of(elements[i - 1]?.length ?? 0), element.subarray(1)]))
}

const long = 'long'.repeat(20)
const zipLong = Buffer.concat([Buffer.of(0, 0x40 | (long.length >> 8), long.length), Buffer.from(long)])
const integers = [
  zip(0xf1),
  zip(0xfd),
  zip(0xfe, 0x80),
  zip(0xc0, 0x00, 0x80),
  zip(0xf0, 0x00, 0x00, 0x80),
  zip(0xd0, 0, 0, 0, 0x80),
  zip(0xe0, 0, 0, 0, 0, 0, 0, 0, 0x80),
]

/** Forms that Redis wrote before 7.0, which it reads still. */
export const OLD: Readonly<Record<string, string>> = {
  'a list of strings': sealed(Buffer.concat([Buffer.of(1, 3), string('a'), string('b'), string('a')])),
  'a list in a ziplist': sealed(Buffer.concat([Buffer.of(10), string(ziplist(zipText('a'), zipLong, ...integers))])),
  'a list of ziplists': sealed(
    Buffer.concat([Buffer.of(14, 2), string(ziplist(zipText('a'))), string(ziplist(...integers))]),
  ),
  'a hash in a ziplist': sealed(
    Buffer.concat([Buffer.of(13), string(ziplist(zipText('f'), zipLong, zipText('g'), zip(0xf3)))]),
  ),
  'a sorted set in a ziplist': sealed(
    Buffer.concat([Buffer.of(12), string(ziplist(zipText('a'), zipText('-1.5'), zipText('b'), zip(0xf3)))]),
  ),
  'a sorted set with scores in digits': sealed(
    Buffer.concat([
      Buffer.of(3, 3),
      string('a'),
      Buffer.from('\x031.5'),
      string('b'),
      Buffer.of(254),
      string('c'),
      Buffer.of(255),
    ]),
  ),
  'a hash in a zipmap': sealed(
    Buffer.concat([Buffer.of(9), string(Buffer.from('\x02\x01f\x01\x00v\x02gg\x02\x01vw_\xff', 'latin1'))]),
  ),
}

/** Forms of later versions: set and stream of Redis 7.2, fields that expire of 7.4. */
export const NEWER: Readonly<Record<string, string>> = {
  'a set in a listpack': sealed(
    Buffer.concat([Buffer.of(20), string(bodyOf(DUMPED['a small hash']!).subarray(2))]),
    11,
  ),
  'a hash with fields that expire': sealed(
    Buffer.concat([
      Buffer.of(24, 0, 0x40, 0x7a, 0x10, 0xf3, 0x5a, 0, 0, 2, 1),
      string('f'),
      string('v'),
      Buffer.of(0),
      string('g'),
      string('w'),
    ]),
    12,
  ),
}
