import { expect } from 'chai'
import { connectionName } from '../../../lib/link/connection-name.ts'
import { isOnlyServer } from '../../../lib/rpc/presence/only-server.ts'

const OWN = new Set([3, 4])
const SERVER = connectionName('calc', 'server')

function clients(...names: string[]): string {
  return names.map((name, at) => `id=${at + 3} addr=127.0.0.1:1 laddr=127.0.0.1:2 fd=8 name=${name} age=1\n`).join('')
}

describe('whether a server is the only one of its service', () => {
  it('is true if only its own connections have the name', () => {
    expect(isOnlyServer(clients(SERVER, SERVER), 'calc', OWN)).to.equal(true)
  })

  it('is false if another connection has the name', () => {
    expect(isOnlyServer(clients(SERVER, SERVER, SERVER), 'calc', OWN)).to.equal(false)
  })

  it('is false with shared connections, which may serve anything', () => {
    expect(isOnlyServer(clients(SERVER, SERVER, connectionName('', 'shared')), 'calc', OWN)).to.equal(false)
  })

  it('is true beside clients, other services, and connections without a name', () => {
    const others = [connectionName('calc', 'client'), connectionName('page', 'server'), '']
    expect(isOnlyServer(clients(SERVER, SERVER, ...others), 'calc', OWN)).to.equal(true)
  })
})
