import { expect } from 'chai'
import type { MiddlewareCall } from 'redis-object-rpc'
import { Conventions } from '../../lib/otel/conventions.ts'

function callOf(method: string, direction: MiddlewareCall['direction'] = 'incoming'): MiddlewareCall {
  return { service: 'shop', method, direction, message: undefined } as MiddlewareCall
}

describe('the description of a call for OpenTelemetry', () => {
  it('is made once for each method and direction, and cannot be changed by an SDK', () => {
    const conventions = new Conventions({ 'server.address': 'redis' })
    const described = conventions.described(callOf('add'))
    expect(conventions.described(callOf('add'))).to.equal(described)
    expect(conventions.described(callOf('add', 'outgoing'))).to.not.equal(described)
    expect(described.ofSpan).to.deep.equal({
      'server.address': 'redis',
      'rpc.system.name': 'redis-object-rpc',
      'rpc.method': 'shop/add',
    })
    expect(described.attributes).to.not.have.property('server.address')
    expect(described.attributes).to.be.frozen
    expect(described.ofSpan).to.be.frozen
  })

  it('is right, but not kept, for names beyond the first thousand', () => {
    const conventions = new Conventions({})
    const first = conventions.described(callOf('m0'))
    for (let n = 1; n < 1_000; n++) conventions.described(callOf(`m${n}`))
    const late = conventions.described(callOf('late'))
    expect(late.name).to.equal('shop/late')
    expect(conventions.described(callOf('late'))).to.not.equal(late)
    expect(conventions.described(callOf('late'))).to.deep.equal(late)
    expect(conventions.described(callOf('m0'))).to.equal(first)
  })

  it('is not kept for a name so long that only a hostile caller has it', () => {
    const conventions = new Conventions({})
    const long = conventions.described(callOf('m'.repeat(300)))
    expect(conventions.described(callOf('m'.repeat(300)))).to.not.equal(long)
    expect(conventions.described(callOf('m'.repeat(300)))).to.deep.equal(long)
  })
})
