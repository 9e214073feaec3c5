/**
 * `newcomer.mjs README`, in a folder where the package is installed: types the first commands of the README, on ports of its own, and
 * checks that a newcomer sees the service in `ls`, in `watch` and in the dashboard.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const PATIENCE_MS = 30_000

const [, module, code, block] =
  /^```js\n\/\/ (\S+)\n(.*?)^```\n\n```sh\n(.*?)^```/ms.exec(readFileSync(process.argv[2], 'utf8')) ?? []
writeFileSync(module, code)
const [install, ...commands] = block
  .trim()
  .split('\n')
  .map((line) => line.replace(/ *#.*/, ''))
assert.equal(install, 'npm install redis-object-rpc') // was done, with the package that is tested
assert.ok(commands.length <= 4, 'more than four commands')

const running = []

/** Starts a command of the README. @param more words that follow it */
function start(command, env = {}, more = []) {
  console.log(`$ ${command}`)
  const [npx, name, ...words] = command.split(' ')
  assert.equal(`${npx} ${name}`, 'npx redis-object-rpc')
  const child = spawn('node_modules/.bin/redis-object-rpc', [...words, ...more], { env: { ...process.env, ...env } })
  const run = { child, text: '', ended: once(child, 'close') }
  running.push(run)
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      run.text += text
      process.stdout.write(text)
    })
  return run
}

/** What matches in what a command has printed, once it does. */
async function printed(run, pattern) {
  for (const giveUpAt = Date.now() + PATIENCE_MS; Date.now() < giveUpAt; await setTimeout(50)) {
    const match = pattern.exec(run.text)
    if (match !== null) return match
  }
  throw new Error(`${run.child.spawnargs.join(' ')} did not print ${pattern}`)
}

const command = (word) => commands.find((each) => each.split(' ')[2] === word) ?? assert.fail(`no command ${word}`)
try {
  const serving = start(command('serve'), {}, ['0'])
  const [, REDIS_URL] = await printed(serving, /Redis is at (\S+)/)
  await printed(serving, /^serving sums: add/m)

  const list = start(command('ls'), { REDIS_URL })
  await printed(list, /^sums +1 +0 +-$/m)

  const watching = start(command('watch'), { REDIS_URL })
  await printed(watching, /^watching 1 server of sums/m)

  const dashboard = start(command('dashboard'), { REDIS_URL }, ['--port', '0'])
  const [, url] = await printed(dashboard, /dashboard at (\S+?),? /)
  const view = await (await fetch(`${url}api/view/services`)).json()
  assert.deepEqual(
    view.services.map(({ name, servers }) => [name, servers]),
    [['sums', 1]],
  )

  // The form of the dashboard does this. The watch may begin a moment after it has said so.
  const session = await fetch(`${url}api/session`)
  const cookie = session.headers.get('set-cookie').split(';')[0]
  const headers = { cookie, 'content-type': 'application/json', 'x-csrf-token': (await session.json()).token }
  const body = JSON.stringify({ service: 'sums', method: 'add', args: [2, 3] })
  const seen = printed(watching, /\badd\b/).then(() => true)
  for (let isSeen = false; !isSeen; isSeen = await Promise.race([seen, setTimeout(200, false)])) {
    const answer = await fetch(`${url}api/do/call`, { method: 'POST', headers, body })
    assert.equal(answer.status, 200)
    console.log(await answer.text())
  }
} finally {
  for (const { child } of running.toReversed()) child.kill('SIGTERM')
  for (const { ended } of running) await ended
}
console.log('a newcomer sees the service, its calls, and the dashboard')
