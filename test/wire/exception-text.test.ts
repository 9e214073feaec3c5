import { expect } from 'chai'
import { RemoteError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { decodeFailure } from '../../lib/wire/failure.ts'
import { CLASSES } from './vectors.ts'

const codec = new Codec({ classes: CLASSES })

describe('a failure', () => {
  describe('of a classic peer, which is text', () => {
    for (const [exception, name, message] of [
      [
        `AttributeError("'Calculator' object has no attribute 'foo'",)`,
        'AttributeError',
        "'Calculator' object has no attribute 'foo'",
      ],
      ["ZeroDivisionError('division by zero')", 'ZeroDivisionError', 'division by zero'],
      ["ValueError('it\\'s\\n\"so\"\\\\',)", 'ValueError', 'it\'s\n"so"\\'],
      ["ValueError('a', 'b')", 'ValueError', "a', 'b"],
      ['KeyError()', 'KeyError', ''],
      ['a.b.SomeError("x")', 'a.b.SomeError', 'x'],
      ["#<NoMethodError: undefined method `foo'>", 'NoMethodError', "undefined method `foo'"],
      ['#<Bank::Broke: no\nmoney>', 'Bank::Broke', 'no\nmoney'],
      ['TypeError: no', 'TypeError', 'no'],
      ['TypeError', 'TypeError', ''],
      ['App\\Exception: x: y', 'App\\Exception', 'x: y'],
      ['StopIteration: ', 'StopIteration', ''],
      ['NonError: 0', 'NonError', '0'],
      ['it failed', 'RemoteError', 'it failed'],
      ['Note: it failed', 'RemoteError', 'Note: it failed'],
      ['f(x)', 'RemoteError', 'f(x)'],
      ['', 'RemoteError', ''],
      [' ', 'RemoteError', ' '],
    ] as const) {
      it(JSON.stringify(exception), () => {
        const there = decodeFailure({ exception }, codec) as RemoteError & { exception: string }
        expect(there).to.be.instanceOf(RemoteError)
        expect([there.name, there.message, there.exception]).to.deep.equal([name, message, exception])
        expect(there.code).to.equal('ERR_REMOTE')
        expect(there.stack).to.match(/\n {4}at /)
      })
    }

    it('puts the backtrace of Ruby below the local stack', () => {
      const backtrace = ["calc.rb:7:in `div'", 5, null]
      const there = decodeFailure({ exception: '#<ZeroDivisionError: divided by 0>', backtrace }, codec) as Error
      expect(there.stack).to.match(
        /^ZeroDivisionError: divided by 0\n {4}at [\s\S]*far side[\s\S]*\n {4}at calc\.rb:7:in `div'$/,
      )
      expect(decodeFailure({ exception: 'x', backtrace: 'no array' }, codec)).to.be.instanceOf(RemoteError)
    })

    it('does not backtrack without end', () => {
      for (const text of [
        '#<A: '.repeat(20_000),
        `A("${'"'.repeat(100_000)}`,
        'a.'.repeat(50_000),
        'Error'.repeat(20_000),
        "A('".repeat(30_000),
      ]) {
        expect(decodeFailure({ exception: text }, codec)).to.be.instanceOf(RemoteError)
      }
    })
  })
})
