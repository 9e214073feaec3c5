import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { clientTable } from '../../lib/wire/keys.ts'
import { bundled } from '../helpers/bundled.ts'
import { needTmux, Terminal } from '../helpers/tmux.ts'
import { until } from '../helpers/until.ts'
import { readPage } from './page.ts'
import { type RunningCli, startCli } from './run-cli.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

/** The module and the sessions of the page. */
function ofPage(): { readonly code: string; readonly session: readonly string[]; readonly watched: readonly string[] } {
  const page = readPage()
  const [, code = ''] = /```js\n(\/\/ calculator\.js\n[\s\S]*?)```/.exec(page) ?? []
  const [, session = ''] = /<!-- session -->\n```text\n([\s\S]*?)\n```/.exec(page) ?? []
  const [, watched = ''] = /<!-- watch -->\n```text\n([\s\S]*?)\n```/.exec(page) ?? []
  return { code, session: session.split('\n'), watched: watched.split('\n') }
}

/** What `watch` prints, without what differs each time: times, durations and ids of callers. */
function comparable(text: string): string {
  return text
    .replace(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME')
    .replace(/ [\d. ]{4} ms/g, ' DURATION')
    .replace(/from [\w-]{12}/g, 'from CALLER')
}

describe('the calculator at a terminal', () => {
  const { code, session, watched } = ofPage()
  let folder: string
  let server: RunningCli
  let url: string
  let redis: Redis

  before(async function () {
    needTmux.call(this)
    folder = mkdtempSync(join(tmpdir(), 'session-'))
    const file = join(folder, 'calculator.mjs')
    writeFileSync(file, code)
    const shim = join(folder, 'redis-object-rpc')
    writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${bundled(MAIN)}' "$@"\n`)
    chmodSync(shim, 0o755)
    server = startCli(['serve', file, '--with-redis', '0'])
    await until(() => server.out().includes('serving calculator'))
    url = /Redis is at (\S+)/.exec(server.err())![1]!
    redis = new Redis(url)
  })
  after(async () => {
    redis?.disconnect()
    server?.child.kill('SIGKILL')
    await server?.ended
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const open = (command: string): Promise<Terminal> =>
    Terminal.open(command, {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      REDIS_URL: url,
      REDIS_OBJECT_RPC_HISTORY: '',
      PS1: '$ ',
    })

  it('shows what docs/cli.md shows, in both terminals', async () => {
    await using watching = await open("env PS1='$ ' bash --norc --noprofile")
    await until(async () => (await watching.screen()) === '$')
    await watching.type(watched[0]!.slice(2), 'Enter')
    await until(async () => (await watching.screen()).includes('Ctrl-C'))
    // It has borrowed the stream of calls.
    await until(async () => (await redis.zcard(clientTable('calculator'))) === 1)

    await using terminal = await open("env PS1='$ ' bash --norc --noprofile")
    for (const [i, line] of session.entries()) {
      const [, prompt, typed] = /^(\$|calculator>) (.*)$/.exec(line) ?? []
      if (prompt === undefined) continue
      // Only what stands before this line may be there, and a prompt.
      const before = [...session.slice(0, i), prompt].join('\n')
      await until(async () => (await terminal.screen()) === before).catch(async () => {
        expect(await terminal.screen()).to.equal(before)
      })
      await terminal.type(typed!, 'Enter')
    }
    await until(async () => (await terminal.screen()) === session.join('\n'))

    const lines = watched.indexOf('^C')
    await until(async () => (await watching.screen()).split('\n').length === lines)
    await watching.type('', 'C-c')
    // The prompt comes behind what the terminal shows for Ctrl-C.
    await until(async () => (await watching.screen()).endsWith('^C$'))
    expect(comparable(await watching.screen())).to.equal(comparable(`${watched.join('\n')}$`))
  })

  it('completes services and methods with the Tab key, stops waiting at Ctrl-C, and leaves with Ctrl-D', async () => {
    await using terminal = await open('redis-object-rpc repl; echo left the repl; exec cat')
    const shows = (text: string): Promise<void> => until(async () => (await terminal.screen()).includes(text))
    await shows('redis-object-rpc>')
    await terminal.type('await calcu', 'Tab')
    await shows('> await calculator')
    await terminal.type('.di', 'Tab')
    await shows('> await calculator.div')
    await terminal.type('(1, 4)', 'Enter')
    await shows('\n0.25\n')
    await terminal.type("console.log('it', 'waits'); await new Promise(() => {})", 'Enter')
    await shows('\nit waits')
    await terminal.type('', 'C-c')
    await shows('interrupted by `SIGINT`')
    await terminal.type('', 'C-d')
    await shows('left the repl')
  })
})
