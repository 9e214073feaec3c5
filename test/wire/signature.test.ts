import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { InvalidOptionError, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { checkSecret, isSigned, Signer, withoutSignature } from '../../lib/wire/signature.ts'
import { needPython, PYTHON } from '../helpers/python.ts'
import { SIGNATURE_SECRET, SIGNATURES } from './signature-vectors.ts'

const SECRET = 'correct horse battery staple'
const TEXT = '{"id":17,"return_value":4}'

function signer(...secret: string[]): Signer {
  const [first, ...others] = checkSecret({ secret })
  return new Signer([first!, ...others])
}

describe('the signature of a message', () => {
  it('is its last member, and says which list it is for', () => {
    const signed = signer(SECRET).sign('calc:rpc:V1StGXR8_Z5j', TEXT)
    const mac = createHmac('sha256', SECRET).update(`calc:rpc:V1StGXR8_Z5j\n${TEXT}`).digest().subarray(0, 16)
    expect(JSON.parse(signed)).to.deep.equal({ id: 17, return_value: 4, signature: mac.toString('base64url') })
    expect(isSigned(signed)).to.equal(true)
    expect(withoutSignature(signed)).to.equal(TEXT)
    expect(signer(SECRET).verify('calc:rpc:V1StGXR8_Z5j', signed)).to.equal(TEXT)
    expect(signer(SECRET).verify('calc:rpc:V1StGXR8_Z5k', signed)).to.equal(undefined)
  })

  it('is right by any of the secrets, and made with the first', () => {
    const both = signer('the one that is new', SECRET)
    expect(both.verify('calc', signer(SECRET).sign('calc', TEXT))).to.equal(TEXT)
    expect(signer(SECRET).verify('calc', both.sign('calc', TEXT))).to.equal(undefined)
  })

  it('is about each character of the text', () => {
    const text = '{"a":"ü\\"\ud83d\ude00","b":[1,{"c":null}]}'
    const signed = signer(SECRET).sign('calc', text)
    expect(signer(SECRET).verify('calc', signed)).to.equal(text)
    for (let at = 0; at < signed.length; at++) {
      const changed = `${signed.slice(0, at)}${signed[at] === 'x' ? 'y' : 'x'}${signed.slice(at + 1)}`
      expect(signer(SECRET).verify('calc', changed), changed).to.equal(undefined)
      expect(signer(SECRET).verify('calc', signed.slice(0, at)), signed.slice(0, at)).to.equal(undefined)
      expect(signer(SECRET).verify('calc', signed.slice(0, at) + signed.slice(at + 1))).to.equal(undefined)
    }
  })

  it('has one form: the bits that base64 leaves over are zero', () => {
    const signed = signer(SECRET).sign('calc', TEXT)
    const last = signed.at(-3)!
    for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=ÀŁ')
      if (char !== last) expect(signer(SECRET).verify('calc', `${signed.slice(0, -3)}${char}"}`)).to.equal(undefined)
  })
})

describe('the signatures of docs/protocol.md', () => {
  const PAGE = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

  it('are those of this library', () => {
    for (const { list, text, signature } of SIGNATURES)
      expect(signer(SIGNATURE_SECRET).sign(list, text)).to.equal(`${text.slice(0, -1)},"signature":"${signature}"}`)
  })

  it('are in its examples', () => {
    const { list, text } = SIGNATURES[1]!
    expect(PAGE).to.include(`\nRPUSH ${list} ${signer(SIGNATURE_SECRET).sign(list, text)}\n`)
  })

  describe('in Python', () => {
    before(needPython)

    it('are those that its code computes', () => {
      const [, code] = /```python\n(import base64[\s\S]*?)```/.exec(PAGE) as unknown as [string, string]
      const calls = `import json, sys\nfor secret, queue, text in json.load(sys.stdin): print(ascii(signed(secret, queue, text)))`
      const input = JSON.stringify(SIGNATURES.map(({ list, text }) => [SIGNATURE_SECRET, list, text]))
      const { stdout, stderr } = spawnSync(PYTHON, ['-c', `${code}\n${calls}`], { input, encoding: 'utf8' })
      expect(stderr).to.equal('')
      const macs = stdout.split('\n').map((line) => /"signature":"(.{22})"}/.exec(line)?.[1])
      expect(macs.slice(0, -1)).to.deep.equal(SIGNATURES.map(({ signature }) => signature))
    })
  })
})

describe('the option `secret`', () => {
  const short = 'fifteen letters'
  const bad: [what: string, secret: unknown][] = [
    ['a list with a hole', Object.assign(new Array(2), { 1: 'a secret that is long enough' })],
    ['undefined', undefined],
    ['a number', 5],
    ['null', null],
    ['an object', { length: 20 }],
    ['a text that is too short', short],
    ['an empty text', ''],
    ['no secrets', []],
    ['a list with one that is too short', [SECRET, short]],
    ['a list with one that is no text', [SECRET, 5]],
    ['nine secrets', Array.from({ length: 9 }, () => SECRET)],
  ]
  for (const [what, secret] of bad) {
    it(`is not ${what}; the error does not show it`, () => {
      const options = { secret: secret as string }
      for (const make of [
        () => new RedisRPCClient('redis://127.0.0.1:1', 'calc', options),
        () => new RedisRPCServer('redis://127.0.0.1:1', 'calc', { add() {} }, options),
      ])
        expect(make).to.throw(InvalidOptionError).with.property('option', 'secret')
      expect(() => checkSecret(options))
        .to.throw(InvalidOptionError)
        .with.property('message')
        .that.does.not.include(short)
    })
  }

  it('is refused in the classic dialect', () => {
    const make = () => new RedisRPCClient('redis://127.0.0.1:1', 'calc', { dialect: 'classic', secret: SECRET })
    expect(make).to.throw(InvalidOptionError, 'secret must be left out in the classic dialect')
    expect(make).to.throw(InvalidOptionError).with.property('message').that.does.not.include(SECRET)
  })

  it('is not shown when what holds it is', () => {
    const shown = inspect(checkSecret({ secret: SECRET }), { depth: 9, showHidden: true })
    expect(shown).to.not.include(SECRET)
  })
})
