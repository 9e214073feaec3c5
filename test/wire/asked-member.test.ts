import { expect } from 'chai'
import { askedMember } from '../../lib/wire/asked-member.ts'
import { GET, PIPE, SET } from '../../lib/wire/reserved.ts'

describe('what a request asks for', () => {
  const cases: [string, string, unknown[], ReturnType<typeof askedMember>][] = [
    ['a method', 'add', [1, 2], { access: 'call', method: 'add', args: [1, 2] }],
    ['a method in a namespace', 'users.find', [], { access: 'call', method: 'users.find', args: [] }],
    ['a property that is read', GET, ['theme'], { access: 'get', method: 'theme', args: [] }],
    ['a property that is written', SET, ['a.b', 7], { access: 'set', method: 'a.b', args: [7] }],
    ['a function that was lent', '', [1], { access: 'call', method: 'callback', args: [1] }],
    ['a pipeline', PIPE, [[]], { access: 'call', method: PIPE, args: [[]] }],
    ['a property whose name is not a string', GET, [7], { access: 'call', method: GET, args: [7] }],
    ['a property without a name', SET, [], { access: 'call', method: SET, args: [] }],
  ]
  for (const [what, name, args, member] of cases) {
    it(`is ${what}`, () => {
      expect(askedMember(name, args)).to.deep.equal(member)
    })
  }
})
