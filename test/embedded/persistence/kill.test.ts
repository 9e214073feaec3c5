import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { bundled } from '../../helpers/bundled.ts'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'
import { freshPath } from './server.ts'

/** How often the server is killed; more takes longer and finds more. */
const KILLS = Number(process.env.AOF_KILLS ?? 4)
const CLIENTS = 4
const IN_FLIGHT = 20
/** The first may be killed by now, the last surely. */
const MOST_ACKNOWLEDGED = 3000

const PROGRAM = new URL('server-process.ts', import.meta.url)

async function startProcess(path: string): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [bundled(PROGRAM), path, 'always'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')])) as [string]
  return { child, port: Number(line) }
}

/** What one client was told: its counter, and the members it has added. */
interface Told {
  count: number
  added: number
}

/** Writes without end, several commands at once, and notes what is acknowledged, until the server is gone. */
async function write(port: number, name: string, told: Told, onReply: () => void): Promise<void> {
  const client = await RawClient.connect(port)
  let sent = 0
  const send = (): void => {
    sent++
    // A large value now and then, so that the file grows and is rewritten.
    if (sent % 50 === 0) client.send('GETSET', `${name}:large`, 'x'.repeat(5000))
    else if (sent % 2 === 0) client.send('INCR', `${name}:count`)
    else client.write([['MULTI'], ['RPUSH', `${name}:list`, '1'], ['EXEC']].map(encodeCommand).join(''))
  }
  try {
    for (let i = 0; i < IN_FLIGHT; i++) send()
    for (;;) {
      const reply = await client.reply()
      if (reply.startsWith(':')) told.count = Number(reply.slice(1))
      if (reply.startsWith('*1')) told.added = Number(reply.split(':')[1])
      onReply()
      // MULTI and what it queues are answered before its end is.
      if (!reply.startsWith('+')) send()
    }
  } catch {
    await client.close()
  }
}

describe('a server that is killed', function () {
  this.timeout(60_000 + KILLS * 5000)

  it('has every write on disk that it has acknowledged under always', async () => {
    const path = freshPath()
    const told = Array.from({ length: CLIENTS }, (): Told => ({ count: 0, added: 0 }))
    for (let kill = 0; kill <= KILLS; kill++) {
      const { child, port } = await startProcess(path)
      const reader = await RawClient.connect(port)
      for (const [i, { count, added }] of told.entries()) {
        const found = (await reader.call('GET', `${i}:count`)).split('\r\n')[1] || '0'
        expect(Number(found), `counter ${i} after ${kill} kills`).to.be.at.least(count)
        expect(Number((await reader.call('LLEN', `${i}:list`)).slice(1)), `list ${i}`).to.be.at.least(added)
      }
      await reader.close()
      let left = kill === KILLS ? 0 : 1 + Math.floor(Math.random() * MOST_ACKNOWLEDGED)
      const exited = once(child, 'exit')
      if (left === 0) child.kill('SIGKILL')
      else {
        const onReply = (): void => {
          if (--left === 0) child.kill('SIGKILL')
        }
        await Promise.all(told.map((each, i) => write(port, String(i), each, onReply)))
      }
      await exited
    }
    expect(told.every(({ count, added }) => count > 0 && added > 0)).to.equal(true)
  })
})
