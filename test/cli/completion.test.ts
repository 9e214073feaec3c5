import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { RedisRPCServer } from 'redis-object-rpc'
import { candidates } from '../../lib/cli/completion/candidates.ts'
import { SCRIPTS } from '../../lib/cli/completion/scripts.ts'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { bundled } from '../helpers/bundled.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

describe('completion', () => {
  const hostile = ['ok', 'a:b', '$(reboot)', 'two words', 'x\x1b[2J', '`id`', '-rf']
  const names = { services: async () => hostile, methods: async (service: string) => [`of-${service}`] }
  const complete = (...words: string[]) => candidates(words, () => names)

  it('offers commands, options, choices and names on Redis', async () => {
    expect(await complete('pi')).to.deep.equal(['ping'])
    expect(await complete('--url', 'redis://h', 'pi')).to.deep.equal(['ping'])
    expect(await complete('call', '--ti')).to.deep.equal(['--timeout'])
    expect(await complete('call', 'x', '--ur')).to.deep.equal(['--url'])
    expect(await complete('completion', '')).to.deep.equal(['bash', 'zsh'])
    expect(await complete('call', '--timeout', '5s', 'calc', 'of')).to.deep.equal(['of-calc'])
    expect(await complete('call', '--timeout', ''), 'a value that nobody knows').to.deep.equal([])
    expect(await complete('nope', '')).to.deep.equal([])
  })

  it('offers no name that a shell would not take for a plain word', async () => {
    expect(await complete('ping', '')).to.deep.equal(['ok', 'a:b'])
  })

  it('works in bash, with colons in names', async () => {
    await using redis = await EmbeddedRedis.start()
    await using server = new RedisRPCServer(redis.url, 'app:calc', { add: (a: number, b: number) => a + b })
    await server.start()
    const script = (line: string): string => `
      redis-object-rpc() { '${process.execPath}' '${bundled(MAIN)}' "$@"; }
      eval "$(redis-object-rpc completion bash)"
      COMP_LINE='${line}' COMP_POINT=${line.length}
      _redis_object_rpc
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const bash = (line: string): Promise<string> =>
      promisify(execFile)('bash', ['-c', script(line)], { env: { ...process.env, REDIS_URL: redis.url } }).then(
        ({ stdout }) => stdout,
      )
    expect(await bash('redis-object-rpc call app:c')).to.equal('calc\n')
    expect(await bash('redis-object-rpc call app:calc ')).to.equal('add\n')
  })

  it('is a script that zsh can read', function () {
    if (spawnSync('zsh', ['--version']).error !== undefined) this.skip()
    execFileSync('zsh', ['-n', '-c', SCRIPTS.zsh!])
  })
})
