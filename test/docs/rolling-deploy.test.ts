import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { control, RedisRPCClient } from 'redis-object-rpc'
import { listening, spawnServer, type Work } from '../chaos/server-process.ts'
import { freshName } from '../helpers/names.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

const IN_FLIGHT = 20

describe('a rolling deploy', () => {
  let redis: RedisProcess
  let folder: string
  const servers: ChildProcess[] = []
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
    folder = mkdtempSync(join(tmpdir(), 'redis-object-rpc-deploy-'))
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) await end(server, 'SIGKILL')
  })
  after(async () => {
    await redis?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const end = async (server: ChildProcess, signal: NodeJS.Signals): Promise<unknown> => {
    if (server.exitCode !== null || server.signalCode !== null) return server.exitCode
    const ended = once(server, 'exit')
    server.kill(signal)
    return (await ended)[0]
  }

  for (const order of ['the new server first', 'the old server first'] as const) {
    it(`answers every call once, and runs it once (${order})`, async () => {
      const name = freshName('deploy')
      const log = join(folder, name.replaceAll(/\W/g, '-'))
      writeFileSync(log, '')
      const begun = (): string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1)
      const start = async (): Promise<ChildProcess> => {
        const server = spawnServer({ url: redis.url, name, log })
        servers.push(server)
        await listening(server)
        return server
      }
      const running = [await start(), await start()]
      const told: Error[] = []
      const client = new RedisRPCClient<Work>(redis.url, name, { onError: (error) => void told.push(error) })
      const answers = new Map<string, string[]>()
      let [next, goesOn] = [0, true]
      const caller = async (): Promise<void> => {
        while (goesOn) {
          const id = `${++next}`
          const answer = await (next % 4 === 0 ? client.slow(id) : client.quick(id)).catch((error) => `${error}`)
          answers.set(id, [...(answers.get(id) ?? []), answer])
        }
      }
      const callers = Array.from({ length: IN_FLIGHT }, caller)
      /** Until calls that were begun after this have been answered. */
      const flows = async (): Promise<void> => {
        const after = answers.size + IN_FLIGHT
        await until(() => answers.size > after)
      }

      for (const old of running) {
        await flows()
        if (order === 'the new server first') await start()
        expect(await end(old, 'SIGTERM')).to.equal(0)
        await flows()
        if (order === 'the old server first') await start()
      }
      await flows()
      goesOn = false
      await Promise.all(callers)
      await control(client).close()

      expect(answers.size).to.equal(next)
      expect([...answers].filter(([id, got]) => got.length !== 1 || got[0] !== id)).to.deep.equal([])
      const ids = Array.from(answers.keys())
      expect(begun().toSorted()).to.deep.equal(ids.toSorted())
      expect(told).to.deep.equal([])
    })
  }
})
