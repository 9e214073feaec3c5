import { lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { AppendOnlyFileError, EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { until } from '../../helpers/until.ts'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'
import { contents } from './contents.ts'
import { freshPath, PersistentServer } from './server.ts'

const UNITS = [
  [['SELECT', '0']],
  [['SET', 'a', '1']],
  [['MULTI'], ['SET', 'b', 'two\r\nlines'], ['RPUSH', 'l', 'x', 'y'], ['EXEC']],
  [['SELECT', '2']],
  [['SET', 'c', '3']],
].map((commands) => commands.map(encodeCommand).join(''))
const WHOLE = UNITS.join('')
const ENDS = UNITS.map((_, i) => UNITS.slice(0, i + 1).join('').length)

/** Starts on a file of these bytes, and gives what the server then holds, the file, and what was logged. */
async function startOn(bytes: string, config = {}) {
  const path = freshPath()
  writeFileSync(path, bytes, 'latin1')
  await using server = await PersistentServer.start(path, { config })
  return {
    keys: server.engine.databases.reduce((sum, { size }) => sum + size, 0),
    path,
    logged: server.logged.join('\n'),
  }
}

async function refusal(bytes: string, config = {}): Promise<AppendOnlyFileError> {
  const error: unknown = await startOn(bytes, config).catch((reason: unknown) => reason)
  expect(error).to.be.instanceOf(AppendOnlyFileError)
  return error as AppendOnlyFileError
}

describe('loading an append-only file', () => {
  it('that is cut off at any byte keeps all whole commands and transactions, with a warning', async () => {
    for (let cut = 0; cut < WHOLE.length; cut++) {
      const whole = ENDS.findLast((end) => end <= cut) ?? 0
      const { path, logged } = await startOn(WHOLE.slice(0, cut))
      expect(readFileSync(path, 'latin1'), `cut at ${cut}`).to.equal(WHOLE.slice(0, whole))
      expect(logged.includes('is cut off; truncating'), `cut at ${cut}`).to.equal(whole < cut)
    }
  })

  it('that is cut off is refused if aof-load-truncated is no', async () => {
    const { offset, message } = await refusal(WHOLE.slice(0, -1), { 'aof-load-truncated': 'no' })
    expect(offset).to.equal(WHOLE.length - UNITS.at(-1)!.length)
    expect(message).to.match(/cut off .* at byte \d+$/)
  })

  it('whose structure is damaged at any byte is refused, and told where', async () => {
    const value = WHOLE.indexOf('two\r\nlines')
    for (let at = 0; at < WHOLE.length; at++) {
      // Inside a value nobody can see it.
      const isStructure = '*$\r\n'.includes(WHOLE[at]!) && !(at >= value && at < value + 10)
      if (!isStructure) continue
      const { offset } = await refusal(`${WHOLE.slice(0, at)}?${WHOLE.slice(at + 1)}`)
      expect(offset, `damaged at ${at}`).to.be.within(ENDS.findLast((end) => end <= at && end < WHOLE.length) ?? 0, at)
    }
  })

  it('of which a length is wrong is refused, although it looks like one that is cut off', async () => {
    const damaged = WHOLE.replace('$1\r\n1\r\n', '$999\r\n1\r\n')
    const { offset, message } = await refusal(damaged)
    expect(offset).to.equal(UNITS[0]!.length)
    expect(message).to.include('longer than the file')
  })

  for (const [what, bytes, problem] of [
    ['that is no append-only file', 'hello\r\n', 'damaged: no * that begins a command at byte 0'],
    ['that begins with an RDB file which is cut off', 'REDIS0010\xfa', 'it is cut off at byte 9'],
    ['that begins with an RDB file of another version', 'REDIS0099\xff', 'its version 99 is newer than 12 at byte 0'],
    ['that begins with an RDB file of functions', 'REDIS0010\xf5\x01x', 'it holds functions'],
    ['that begins with what is almost an RDB file', 'REDISxxxx\xff', 'it is no RDB file at byte 0'],
    ['with zeros at its end', `${WHOLE}\0\0\0`, `damaged: no * that begins a command at byte ${WHOLE.length}`],
    [
      'with a command nobody knows',
      encodeCommand(['NOPE', 'a']),
      '"NOPE" is no write that this server knows at byte 0',
    ],
    ['with a command that writes nothing', encodeCommand(['SHUTDOWN']), '"SHUTDOWN" is no write'],
    ['with too many arguments', encodeCommand(['GETDEL', 'a', 'b']), '"GETDEL" is no write'],
    ['with EXEC alone', encodeCommand(['EXEC']), 'EXEC without MULTI'],
    ['with MULTI twice', encodeCommand(['MULTI']).repeat(2), 'MULTI within MULTI'],
    ['with an empty command', '*0\r\n', 'a command without a name'],
    ['with no number', '*x\r\n', 'no number that begins a command'],
    ['with a number without digits', '*\r\n', 'no number that begins a command'],
    ['with a negative length', '*1\r\n$-1\r\n', 'no number that begins an argument'],
  ] as const) {
    it(`${what} is refused`, async () => {
      expect((await refusal(bytes)).message).to.include(problem)
    })
  }

  it('that names a database there is not is refused', async () => {
    const { offset, message } = await refusal(
      WHOLE + encodeCommand(['SELECT', '99']) + encodeCommand(['SET', 'd', '4']),
    )
    expect(offset).to.equal(WHOLE.length)
    expect(message).to.include('DB index is out of range')
  })

  it('may have commands of very many arguments, also at its end', async () => {
    // More than a call of a function can have.
    const items = Array.from({ length: 150_000 }, (_, i) => `item ${i}`)
    const large = encodeCommand(['RPUSH', 'large', ...items])
    expect((await startOn(large + WHOLE)).keys).to.equal(5)
    expect((await startOn(WHOLE + large)).keys).to.equal(5)
    const { path } = await startOn((WHOLE + large).slice(0, -1))
    expect(readFileSync(path, 'latin1')).to.equal(WHOLE)
  })

  it('is cut back soon, whatever a wrong length makes of what follows', async () => {
    // So many commands that reading on from each of them would take minutes.
    const claims = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$999999999\r\n'
    const { path } = await startOn(
      [WHOLE, claims, encodeCommand(['SET', 'k', 'v']).repeat(100_000), '*3\r\n$3\r\nSET'].join(''),
    )
    expect(readFileSync(path, 'latin1')).to.equal(WHOLE)
  })

  it('takes the comments of Redis, and upper and lower case', async () => {
    expect(
      (await startOn(`#TS:1700000000\r\n${encodeCommand(['select', '1'])}${encodeCommand(['sEt', 'a', '1'])}`)).keys,
    ).to.equal(1)
  })

  it('says when a command is refused as it is repeated, and goes on', async () => {
    const bytes = [
      ['SET', 'a', 'x'],
      ['INCR', 'a'],
      ['LPUSH', 'a', '1'],
      ['SET', 'b', '1'],
    ]
      .map(encodeCommand)
      .join('')
    const { keys, logged } = await startOn(bytes)
    expect(keys).to.equal(2)
    expect(logged).to.include('incr from').and.to.include('not an integer').and.to.include('2 commands of')
  })

  it('repeats what was done to a key before it expired, and only then lets it expire', async () => {
    const path = freshPath()
    const commands = [
      ['SET', 'gone', '1', 'PXAT', '1000'],
      ['INCR', 'gone'],
      ['RPUSH', 'list', 'a'],
      ['PEXPIREAT', 'list', '2000'],
      ['RPUSH', 'list', 'b'],
      ['SET', 'here', '1'],
    ]
    writeFileSync(path, commands.map(encodeCommand).join(''))
    await using server = await PersistentServer.start(path)
    expect(await contents(server.port)).to.deep.equal(['0 ["here","string",-1,"1"]'])
    expect(server.text)
      .to.include(encodeCommand(['DEL', 'gone']))
      .and.to.include(encodeCommand(['DEL', 'list']))
  })

  it('counts nothing of it, and lets keys count as used now', async () => {
    const path = freshPath()
    writeFileSync(path, WHOLE)
    await using server = await PersistentServer.start(path)
    const client = await server.connect()
    expect(await client.call('OBJECT', 'IDLETIME', 'a')).to.equal(':0\r\n')
    expect(await client.call('INFO', 'commandstats')).not.to.include('cmdstat_set')
    expect(await client.call('INFO', 'persistence')).to.include('rdb_changes_since_last_save:0')
  })
})

describe('EmbeddedRedis.start with appendOnlyFile', () => {
  it('keeps data from one run to the next, and shows its settings', async () => {
    const path = freshPath()
    for (const expected of [':1\r\n', ':2\r\n']) {
      await using server = await EmbeddedRedis.start({ appendOnlyFile: path, fsync: 'always', rewriteMinBytes: 1000 })
      const client = await RawClient.connect(server.port)
      expect(await client.call('INCR', 'runs')).to.equal(expected)
      expect(await client.call('CONFIG', 'GET', 'append*', 'auto-aof-rewrite-min-size'))
        .to.include('$10\r\nappendonly\r\n$3\r\nyes')
        .and.to.include('$11\r\nappendfsync\r\n$6\r\nalways')
        .and.to.include('$4\r\n1000')
      await client.close()
    }
  })

  it('refuses a file that cannot be opened, and a damaged one', async () => {
    const refused = async (options: object): Promise<Error> =>
      await EmbeddedRedis.start(options).then(
        () => expect.fail('started'),
        (error: Error) => error,
      )
    expect(await refused({ appendOnlyFile: '/nowhere/at/all/file.aof' })).to.have.property('code', 'ENOENT')
    const path = freshPath()
    writeFileSync(path, 'hello\r\n')
    expect(await refused({ appendOnlyFile: path })).to.include({
      name: 'AppendOnlyFileError',
      code: 'ERR_APPEND_ONLY_FILE',
      path,
      offset: 0,
    })
  })

  it('rewrites the file that a link leads to, and leaves the link', async () => {
    const [path, link] = [freshPath(), freshPath()]
    writeFileSync(path, '')
    symlinkSync(path, link)
    await using server = await EmbeddedRedis.start({ appendOnlyFile: link })
    const client = await RawClient.connect(server.port)
    for (let i = 0; i < 10; i++) await client.call('INCR', 'key')
    expect(await client.call('BGREWRITEAOF')).to.match(/^\+/)
    await until(async () => /aof_rewrite_in_progress:0\r\n/.test(await client.call('INFO', 'persistence')))
    expect(readFileSync(path, 'latin1')).to.equal(encodeCommand(['SELECT', '0']) + encodeCommand(['SET', 'key', '10']))
    expect(lstatSync(link).isSymbolicLink()).to.equal(true)
    await client.close()
  })

  it('is off unless asked for, and then saves nothing', async () => {
    await using server = await EmbeddedRedis.start()
    const client = await RawClient.connect(server.port)
    for (const command of ['SAVE', 'BGSAVE', 'BGREWRITEAOF']) {
      expect(await client.call(command)).to.match(/^-ERR This server keeps nothing on disk/)
    }
    expect(await client.call('CONFIG', 'SET', 'appendonly', 'yes')).to.match(/^-ERR CONFIG SET failed/)
    expect(await client.call('INFO', 'persistence')).to.include('aof_enabled:0')
    await client.close()
  })
})
