import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import * as errors from '../lib/errors.ts'

const page = readFileSync(resolve(import.meta.dirname, '../docs/errors.md'), 'utf8')

/** An instance of each class of the family, whatever its constructor takes. */
const instances = Object.values(errors)
  .filter((value): value is typeof errors.RpcError => typeof value === 'function' && /^[A-Z]/.test(value.name))
  .map((ErrorClass) => new (ErrorClass as unknown as new (...args: unknown[]) => errors.RpcError)('a', 'b', 'c'))

describe('errors', () => {
  it('are all in docs/errors.md with their class and code, and no others are', () => {
    const documented = [...page.matchAll(/^\| `(ERR_\w+)` \| `(\w+)` \|/gm)].map(([, code, name]) => `${code} ${name}`)
    const actual = instances.map((error) => `${error.code} ${error.constructor.name}`)
    expect(documented.toSorted()).to.deep.equal(actual.toSorted())
    expect(new Set(actual).size).to.equal(actual.length)
  })

  it('are of one family, known across two copies of the package', () => {
    for (const error of instances) {
      expect(error).to.be.instanceOf(errors.RpcError)
      expect(errors.isRpcError(error), error.name).to.equal(true)
      expect(error.name).to.equal(error.constructor.name)
    }
    const foreign = Object.create({ [Symbol.for('redis-object-rpc.error')]: true })
    expect(errors.isRpcError(foreign)).to.equal(true)
    expect(errors.isRpcError(new Error('other'))).to.equal(false)
    expect(errors.isRpcError(null)).to.equal(false)
  })
})
