import { expect } from 'chai'
import fc from 'fast-check'
import { type DecodeLimits, RequestDecoder, RespProtocolError } from '../../../lib/embedded/resp/decode.ts'
import { encodeCommand } from '../helpers/raw-client.ts'

const LIMITS: DecodeLimits = { maxArguments: 1000, maxBulkBytes: 1000, maxRequestBytes: 5000, authenticated: true }

/** Everything that comes out of a decoder fed with these pieces; an error ends it and is the last. */
function decodeAll(pieces: readonly string[], limits: DecodeLimits = LIMITS): (string[] | string)[] {
  const decoder = new RequestDecoder(limits)
  const out: (string[] | string)[] = []
  try {
    for (const piece of pieces) {
      decoder.push(Buffer.from(piece, 'latin1'))
      for (let argv = decoder.next(); argv !== undefined; argv = decoder.next()) out.push(argv)
    }
  } catch (error) {
    if (!(error instanceof RespProtocolError)) throw error
    out.push(error.message)
  }
  return out
}

/** Every byte string of 0 to 255, as latin1 text. */
const bytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'))

const command = fc.array(bytes(40), { minLength: 1, maxLength: 6 })

describe('RequestDecoder', () => {
  it('reads back any commands, however their bytes are cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 10 })
    fc.assert(
      fc.property(fc.array(command, { maxLength: 5 }), cuts, (commands, at) => {
        const text = commands.map(encodeCommand).join('')
        const places = [...new Set([0, ...at.map((n) => n % (text.length + 1)), text.length])].sort((a, b) => a - b)
        const pieces = places.slice(1).map((end, i) => text.slice(places[i], end))
        expect(decodeAll(pieces)).to.deep.equal(commands)
      }),
    )
  })

  it('reads back what has waited in single bytes, however much it is', () => {
    // So many that a step for each of those that wait would take minutes.
    const text = encodeCommand(['PING']).repeat(100_000)
    const bytes = Buffer.from(text, 'latin1')
    const decoder = new RequestDecoder(LIMITS)
    for (let i = 0; i < bytes.length; i++) decoder.push(bytes.subarray(i, i + 1))
    expect(decoder.bufferedBytes).to.equal(bytes.length)
    let count = 0
    while (decoder.next() !== undefined) count++
    expect(count).to.equal(100_000)
    expect(decoder.bufferedBytes).to.equal(0)
  })

  it('reads a long argument that arrives in single bytes', () => {
    const argument = Array.from({ length: 70_000 }, (_, i) => String.fromCharCode(i & 255)).join('')
    const pieces = [...encodeCommand(['SET', 'k', argument]), encodeCommand(['PING'])]
    const large = { ...LIMITS, maxBulkBytes: 100_000, maxRequestBytes: 100_000 }
    expect(decodeAll(pieces, large)).to.deep.equal([['SET', 'k', argument], ['PING']])
  })

  it('finds no end of a line behind a zero byte, also where the lines before have none', () => {
    expect(decodeAll(['PING\r\nGET a\0b\r\n'])).to.deep.equal([['PING']])
    expect(decodeAll(['*1\r\n$3\r\na\0b\r\nPING\r\n'])).to.deep.equal([['a\0b'], ['PING']])
  })

  const streams: readonly (readonly [
    title: string,
    bytes: string,
    expected: readonly (readonly string[] | string)[],
  ])[] = [
    ['multibulk', '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n', [['GET', 'k']]],
    ['pipelined', '*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n', [['PING'], ['ECHO', '']]],
    [
      'long arguments',
      `*2\r\n$20\r\n${'x'.repeat(20)}\r\n$13\r\n${'y'.repeat(13)}\r\n`,
      [['x'.repeat(20), 'y'.repeat(13)]],
    ],
    ['inline', 'GET k\r\nPING\n', [['GET', 'k'], ['PING']]],
    ['inline with quotes', `SET "a\\x41\\n\\"" 'b\\'c'\r\n`, [['SET', 'aA\n"', "b'c"]]],
    ['blank lines', '\r\n\n   \r\nPING\r\n', [['PING']]],
    ['empty commands', '*0\r\n*-1\r\nPING\r\n', [['PING']]],
    ['whatever stands at the end of an argument', '*1\r\n$4\r\nPINGxxPING\r\n', [['PING'], ['PING']]],
    ['a count that is none', '*x\r\n', ['invalid multibulk length']],
    ['an empty count', '*\r\n', ['invalid multibulk length']],
    ['a count with a leading zero', '*01\r\n', ['invalid multibulk length']],
    ['a count over the limit', '*1001\r\n', ['invalid multibulk length']],
    ['a huge count', '*99999999999999999999\r\n', ['invalid multibulk length']],
    ['a negative length', '*1\r\n$-1\r\n', ['invalid bulk length']],
    ['a length that is none', '*1\r\n$4x\r\nPING\r\n', ['invalid bulk length']],
    ['a length over the limit', '*1\r\n$1001\r\n', ['invalid bulk length']],
    [
      'arguments over the limit together',
      `*6\r\n${`$1000\r\n${'x'.repeat(1000)}\r\n`.repeat(5)}$1\r\n`,
      ['invalid bulk length'],
    ],
    ['another mark', '*1\r\n+PING\r\n', ["expected '$', got '+'"]],
    ['a quote that is not closed', 'SET "a\r\n', ['unbalanced quotes in request']],
    ['text after a quote', 'SET "a"b\r\n', ['unbalanced quotes in request']],
  ]

  for (const [title, text, expected] of streams) {
    it(`reads ${title}, cut at every byte`, () => {
      expect(decodeAll([text])).to.deep.equal(expected)
      expect(decodeAll(text.split(''))).to.deep.equal(expected)
      for (let cut = 1; cut < text.length; cut++) {
        expect(decodeAll([text.slice(0, cut), text.slice(cut)])).to.deep.equal(expected)
      }
    })
  }

  it('gives out what it has read before an error', () => {
    expect(decodeAll(['PING\r\n*x\r\n'])).to.deep.equal([['PING'], 'invalid multibulk length'])
  })

  it('bounds a line, whether or not it ends', () => {
    for (const [start, problem] of [
      ['PING ', 'too big inline request'],
      ['*', 'too big mbulk count string'],
      ['*1\r\n$', 'too big bulk count string'],
    ] as const) {
      expect(decodeAll([start, '1'.repeat(65_537)])).to.deep.equal([problem])
    }
  })

  it('takes little from who has not authenticated', () => {
    const limits = { ...LIMITS, maxBulkBytes: 1_000_000, maxRequestBytes: 2_000_000, authenticated: false }
    expect(decodeAll(['*11\r\n'], limits)).to.deep.equal(['unauthenticated multibulk length'])
    expect(decodeAll(['*1\r\n$16385\r\n'], limits)).to.deep.equal(['unauthenticated bulk length'])
    expect(decodeAll(['*1\r\n$4\r\nAUTH\r\n'], limits)).to.deep.equal([['AUTH']])
  })

  it('survives any bytes', () => {
    const alphabet = fc.constantFrom(
      '*',
      '$',
      '1',
      '2',
      '-',
      '\r',
      '\n',
      '\r\n',
      'a',
      '"',
      "'",
      ' ',
      '\\',
      '\0',
      '\xff',
    )
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 60 }), (marks) => {
        const text = marks.join('')
        expect(decodeAll([text])).to.deep.equal(decodeAll(text.split('')))
      }),
      { numRuns: 1000 },
    )
  })

  it('counts what it holds, and holds nothing when all was read', () => {
    const decoder = new RequestDecoder(LIMITS)
    decoder.push(Buffer.from('*2\r\n$3\r\nGET\r\n$5\r\nab'))
    expect(decoder.next()).to.equal(undefined)
    expect(decoder.bufferedBytes).to.equal(5)
    decoder.push(Buffer.from('cde\r\n'))
    expect(decoder.next()).to.deep.equal(['GET', 'abcde'])
    expect(decoder.next()).to.equal(undefined)
    expect(decoder.bufferedBytes).to.equal(0)
  })

  it('reads a large argument from many pieces in linear time', () => {
    const size = 20_000_000
    const limits = { ...LIMITS, maxBulkBytes: size, maxRequestBytes: size }
    const decoder = new RequestDecoder(limits)
    decoder.push(Buffer.from(`*1\r\n$${size}\r\n`))
    const piece = Buffer.alloc(10_000, 'x')
    for (let sent = 0; sent < size; sent += piece.length) {
      decoder.push(piece)
      expect(decoder.next()).to.equal(undefined)
    }
    decoder.push(Buffer.from('\r\n'))
    expect(decoder.next()?.[0]).to.have.length(size)
  })
})
