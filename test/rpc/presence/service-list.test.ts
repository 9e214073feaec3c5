import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { RedisLife } from '../../../lib/link/source.ts'
import { listServices, ServiceEntry } from '../../../lib/rpc/presence/service-list.ts'

const NOW = 1_700_000_000_000

/** A Redis that notes what it is sent. */
function recorder(answers: Readonly<Record<string, () => unknown>> = {}): { redis: RedisLife; lines: string[] } {
  const lines: string[] = []
  const redis = new Proxy({} as RedisLife, {
    get:
      (_, name) =>
      async (...args: unknown[]) => {
        if (name !== 'time') lines.push([String(name).toUpperCase(), ...args].join(' '))
        return answers[String(name)]?.()
      },
  })
  return { redis, lines }
}

function entryOn(redis: RedisLife): ServiceEntry {
  return new ServiceEntry({ service: 'calc', leaseMs: 5_000, run: (commands) => commands(redis) })
}

describe('the list of services', () => {
  it('is kept as docs/protocol.md shows it', async () => {
    const { redis, lines } = recorder({ time: () => [String(NOW / 1_000), '0'], zrange: () => ['b', 'a'] })
    const entry = entryOn(redis)
    entry.renew(NOW)
    expect(await listServices(redis, () => NOW)).to.deep.equal(['a', 'b'])
    await entry.leave(true)
    const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
    const [, shown] = /^## The list of services$[\s\S]*?```\n([\s\S]*?)```/m.exec(page) ?? []
    expect(`${lines.join('\n')}\n`).to.equal(shown)
  })

  it('is left alone once Redis has refused it, and tried again after anything else', async () => {
    let error = new Error('Connection is closed.')
    const { redis, lines } = recorder({
      zadd: () => {
        throw error
      },
    })
    const entry = entryOn(redis)
    const renewed = async (): Promise<boolean> => {
      lines.length = 0
      entry.renew(NOW)
      await entry.leave(false)
      return lines.length > 0
    }
    expect(await renewed()).to.equal(true)
    expect(await renewed()).to.equal(true)
    error = new Error('NOPERM No permissions to access a key')
    expect(await renewed()).to.equal(true)
    expect(await renewed()).to.equal(false)
    lines.length = 0
    await entry.leave(true)
    expect(lines, 'it cannot be in the list').to.deep.equal([])
  })
})
