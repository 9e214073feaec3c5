import { expect } from 'chai'
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { RawClient } from '../helpers/raw-client.ts'

describe('what took long', () => {
  const clock = new ManualClock()
  let server: EmbeddedRedis
  let client: RawClient
  before(async () => {
    server = await EmbeddedRedis.start({
      clock,
      config: { 'slowlog-log-slower-than': '100000', 'latency-monitor-threshold': '100' },
    })
    client = await RawClient.connect(server.port)
    await client.call('CLIENT', 'SETNAME', 'sleeper')
  })
  after(async () => {
    await client?.close()
    await server?.close()
  })

  it('is in the slow log and among the samples of LATENCY', async () => {
    client.send('DEBUG', 'SLEEP', '0.2')
    while (clock.pending < 2) await new Promise(setImmediate)
    clock.advance(200)
    await client.reply()
    const entry = await client.call('SLOWLOG', 'GET')
    expect(entry).to.match(
      /^\*1\r\n\*6\r\n:0\r\n:1700000000\r\n:200000\r\n\*3\r\n\$5\r\nDEBUG\r\n\$5\r\nSLEEP\r\n\$3\r\n0\.2\r\n\$15\r\n127\.0\.0\.1:\d+\r\n\$7\r\nsleeper\r\n$/,
    )
    expect(await client.call('LATENCY', 'LATEST')).to.equal(
      '*1\r\n*4\r\n$7\r\ncommand\r\n:1700000000\r\n:200\r\n:200\r\n',
    )
    expect(await client.call('LATENCY', 'HISTORY', 'command')).to.equal('*1\r\n*2\r\n:1700000000\r\n:200\r\n')
    expect(await client.call('LATENCY', 'RESET', 'command', 'none')).to.equal(':1\r\n')
  })

  it('is shortened, and shows no secrets', async () => {
    await client.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
    await client.call('SLOWLOG', 'RESET')
    await client.call('CONFIG', 'SET', 'timeout', '0', 'requirepass', '')
    await client.call('SADD', 'set', 'x'.repeat(130), ...Array.from({ length: 40 }, (_, i) => `${i}`))
    await client.call('AUTH', 'secret')
    const entries = await client.call('SLOWLOG', 'GET', '3')
    expect(entries)
      .to.include('... (12 more arguments)')
      .and.include(`${'x'.repeat(128)}... (2 more bytes)`)
    expect(entries).to.include('AUTH\r\n$10\r\n(redacted)').and.include('requirepass\r\n$10\r\n(redacted)')
    expect(entries).not.to.include('secret')
  })
})
