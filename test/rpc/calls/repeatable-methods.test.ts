import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { RepeatableMethods } from '../../../lib/rpc/calls/repeatable-methods.ts'
import type { ServerInfo } from '../../../lib/rpc/presence/server-info.ts'

describe('which methods may run more than once', () => {
  let asked: string[]
  let changes: string[][]
  let silent: Set<string>
  let methods: RepeatableMethods
  let said: Map<string, string[]>
  const look = async (...servers: string[]): Promise<void> => {
    methods.look(servers, servers)
    await setImmediate()
  }
  beforeEach(() => {
    asked = []
    changes = []
    silent = new Set()
    said = new Map()
    methods = new RepeatableMethods(
      async (id) => {
        asked.push(id)
        return silent.has(id) ? undefined : ({ repeatable: said.get(id) ?? [] } as Partial<ServerInfo> as ServerInfo)
      },
      (names) => void changes.push([...names]),
    )
  })

  it('is asked of each server once', async () => {
    said.set('a', ['find', 'list'])
    said.set('b', ['list', 'find'])
    for (let n = 0; n < 3; n++) await look('a')
    for (let n = 0; n < 3; n++) await look('a', 'b')
    expect(asked).to.deep.equal(['a', 'b'])
    expect(changes).to.deep.equal([['find', 'list']])
  })

  it('is what all servers agree on, and what the last ones said while there is none', async () => {
    said.set('a', ['find', 'list'])
    said.set('b', ['list'])
    await look('a', 'b')
    await look('a')
    await look()
    expect(changes.at(-1)).to.deep.equal(['find', 'list'])
    await look('b')
    expect(changes.at(-1)).to.deep.equal(['list'])
    await look('c')
    expect(changes.at(-1)).to.deep.equal([])
  })

  it('does not depend on servers that are silent, which are asked three times', async () => {
    said.set('a', ['find'])
    silent.add('b')
    for (let n = 0; n < 10; n++) await look('a', 'b')
    expect(asked.filter((id) => id === 'b')).to.have.lengthOf(3)
    expect(changes).to.deep.equal([['find']])
  })

  it('is asked of no more than 20 servers at once', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => `${n}`)
    for (const expected of [20, 40, 50, 50]) {
      await look(...ids)
      expect(asked).to.have.lengthOf(expected)
    }
  })

  it('does not count servers that have gone before they answered', async () => {
    said.set('a', ['find'])
    methods.look(['a'], ['a'])
    methods.look([], [])
    await setImmediate()
    expect(changes).to.deep.equal([])
  })
})
