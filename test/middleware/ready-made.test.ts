import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { BrokenCircuitError, circuitBreaker as breaker, ConsecutiveBreaker, handleAll } from 'cockatiel'
import { BusyError, control, InvalidOptionError, type Middleware, NotAuthorizedError } from 'redis-object-rpc'
import { Cache, ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { authorize, cache, circuitBreaker, logger, rateLimit, retry } from 'redis-object-rpc/middleware'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { freshName } from '../helpers/names.ts'
import { type Pair, rejection, startPair } from '../helpers/pair.ts'

class Weather {
  runs = 0
  failures = 0
  forecast(city: string): string {
    this.runs++
    return `${city}: sun ${this.runs}`
  }
  async flaky(): Promise<number> {
    this.runs++
    if (this.failures-- > 0) throw new RangeError('upstream is away')
    return this.runs
  }
  async *hours(): AsyncGenerator<number> {
    yield 1
  }
}

describeLeavingNothing('ready-made middleware', (redis) => {
  let weather: Weather
  let pair: Pair<Weather>
  const start = async (use: { client?: Middleware[]; server?: Middleware[] }): Promise<void> => {
    weather = new Weather()
    pair = await startPair(redis(), weather, {
      client: { use: use.client ?? [] },
      server: { use: use.server ?? [] },
    })
  }
  afterEach(() => pair?.close())

  it('logs calls at both ends, and warns of those that fail or are slow', async () => {
    const lines: [string, object, string][] = []
    const log = {
      info: (fields: object, text: string) => lines.push(['info', fields, text]),
      warn: (fields: object, text: string) => lines.push(['warn', fields, text]),
    }
    await start({
      client: [logger(log)],
      server: [logger(log, { slowMs: -1, when: ({ method }) => method !== 'flaky' })],
    })
    weather.failures = 1
    await pair.client.forecast('Rome')
    await rejection(pair.client.flaky())
    expect(lines.map(([level, , text]) => `${level} ${text}`)).to.deep.equal([
      `warn ${pair.name}.forecast was slow`,
      `info ${pair.name}.forecast`,
      `warn ${pair.name}.flaky failed`,
    ])
    expect(lines[1]?.[1]).to.include({ method: 'forecast', direction: 'outgoing', kind: 'call', attempt: 1 })
    expect(lines[2]?.[1]).to.have.property('err').that.is.instanceOf(RangeError)
  })

  it('makes calls again that fail as they may', async () => {
    const when = (error: unknown) => error instanceof RangeError
    await start({ client: [retry({ when, delayMs: 0 })] })
    weather.failures = 2
    expect(await pair.client.flaky()).to.equal(3)
    weather.failures = 3
    expect(await rejection(pair.client.flaky())).to.be.instanceOf(RangeError)
    weather.runs = 0
    expect(await rejection((pair.client as unknown as { nope(): Promise<void> }).nope())).to.include({
      code: 'ERR_METHOD_NOT_FOUND',
    })
    expect(() => retry({} as never)).to.throw(InvalidOptionError)
  })

  it('does not wait for another attempt once the caller has given up', async () => {
    const abort = new AbortController()
    const when = () => {
      abort.abort(new RangeError('enough'))
      return true
    }
    await start({ client: [retry({ when, delayMs: 60_000 })] })
    weather.failures = 5
    expect(await rejection(control(pair.client).with({ signal: abort.signal }).flaky())).to.include({
      message: 'enough',
    })
  })

  it('does not wait for another attempt beyond the deadline, and says why the call failed', async () => {
    await start({ client: [retry({ when: () => true, delayMs: 2_147_483_647 })] })
    weather.failures = 5
    expect(await rejection(pair.client.flaky())).to.include({ name: 'RangeError', message: 'upstream is away' })
    expect(weather.runs).to.equal(1)
  })

  it('does not keep a process alive that has closed its client before another attempt', async () => {
    const worker = join(import.meta.dirname, 'closes-before-retry.ts')
    await promisify(execFile)(process.execPath, ['--import=tsx', worker, redis().url], { timeout: 50_000 })
  })

  it('stops calling a service that keeps failing', async () => {
    const policy = () => breaker(handleAll, { halfOpenAfter: 1e9, breaker: new ConsecutiveBreaker(2) })
    await start({ client: [circuitBreaker(policy, (error) => error instanceof RangeError)] })
    const nope = () => (pair.client as unknown as { nope(): Promise<void> }).nope()
    for (let i = 0; i < 3; i++) expect(await rejection(nope())).to.include({ code: 'ERR_METHOD_NOT_FOUND' })
    weather.failures = 5
    for (let i = 0; i < 2; i++) expect(await rejection(pair.client.flaky())).to.be.instanceOf(RangeError)
    expect(await rejection(pair.client.flaky())).to.be.instanceOf(BrokenCircuitError)
    expect(weather.runs).to.equal(2)
  })

  it('keeps results, and makes one call of those that come at once', async () => {
    const results = new Cache<unknown>(redis().url, freshName('results'), { layout: 'keys' })
    await start({ client: [cache(results, { methods: ['forecast', 'hours'], ttlMs: 60_000 })] })
    const [one, two] = await Promise.all([pair.client.forecast('Rome'), pair.client.forecast('Rome')])
    expect([one, two, await pair.client.forecast('Rome')]).to.deep.equal(Array(3).fill('Rome: sun 1'))
    expect(await pair.client.forecast('Oslo')).to.equal('Oslo: sun 2')
    expect([await pair.client.flaky(), await pair.client.flaky()]).to.deep.equal([3, 4])
    await results.close()
  })

  it('makes calls without a cache that cannot be used', async () => {
    let reads = 0
    const broken = () => {
      reads++
      throw new Error('the cache is away')
    }
    const closed = new Cache<unknown>(redis().url, freshName('results'))
    await closed.close()
    const readOnly = {
      getOrSet: async (_key: string, load: () => Promise<unknown>) => {
        await load()
        return broken()
      },
    }
    for (const results of [closed, { getOrSet: broken }, readOnly]) {
      await start({ client: [cache(results, { methods: ['forecast', 'flaky'], ttlMs: 60_000 })] })
      expect(await pair.client.forecast('Rome')).to.equal('Rome: sun 1')
      weather.failures = 1
      expect(await rejection(pair.client.flaky())).to.be.instanceOf(RangeError)
      expect(weather.runs, 'each call is made once').to.equal(2)
      await pair.close()
    }
    expect(reads).to.equal(3)
  })

  it('answers calls although the log fails', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const log = () => {
      throw new TypeError('the log is closed')
    }
    await start({ client: [logger({ info: log, warn: log })], server: [logger({ info: log, warn: log })] })
    expect(await pair.client.forecast('Rome')).to.equal('Rome: sun 1')
    weather.failures = 1
    expect(await rejection(pair.client.flaky())).to.be.instanceOf(RangeError)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings.map(({ message }) => message)).to.deep.equal(Array(4).fill('the log is closed'))
  })

  it('refuses calls beyond a rate, each caller for itself', async () => {
    let at = 0
    const key = ({ metadata }: { metadata: Record<string, string> }) => metadata.tenant ?? ''
    await start({ server: [rateLimit({ limit: 2, key, now: () => at })] })
    const of = (tenant: string) => control(pair.client).with({ metadata: { tenant } })
    await of('a').forecast('x')
    await of('a').forecast('x')
    expect(await rejection(of('a').forecast('x'))).to.be.instanceOf(BusyError)
    await of('b').forecast('x')
    at += 500
    await of('a').forecast('x')
    expect(await rejection(of('a').forecast('x'))).to.be.instanceOf(BusyError)
    expect(weather.runs).to.equal(4)
    expect(() => rateLimit({ limit: 0 })).to.throw(InvalidOptionError)
  })

  it('runs only what it is allowed to', async () => {
    const answers: Record<string, unknown> = { yes: true, truthy: 1 }
    await start({
      server: [
        authorize(async ({ metadata }) => {
          if (metadata.token === 'throws') throw new RangeError('bad token')
          return answers[metadata.token ?? ''] as boolean
        }),
      ],
    })
    const as = (token: string) => control(pair.client).with({ metadata: { token } })
    expect(await as('yes').forecast('x')).to.equal('x: sun 1')
    for (const refused of [pair.client, as('truthy'), as('constructor')]) {
      const error = await rejection(refused.forecast('x'))
      expect(error).to.be.instanceOf(NotAuthorizedError)
      expect(error).to.include({ code: 'ERR_NOT_AUTHORIZED', operation: `${pair.name}.forecast` })
    }
    expect(await rejection(as('throws').forecast('x'))).to.be.instanceOf(RangeError)
    expect(weather.runs).to.equal(1)
    expect(() => authorize(undefined as never)).to.throw(InvalidOptionError)
  })

  it('runs around tasks: a line with the uuid of each, and a rate for each queue', async () => {
    const lines: [text: string, id: unknown][] = []
    const line = (fields: object, text: string) => lines.push([text, (fields as { id?: unknown }).id])
    const use = [logger({ info: line, warn: line }), rateLimit({ limit: 1, now: () => 0 })]
    const expected: [text: string, id: unknown][] = []
    for (const name of [freshName('jobs'), freshName('jobs')]) {
      const jobs = new WriteQueue(redis().url, name, { use: use.slice(0, 1) })
      const queue = new ReadQueue(redis().url, name, { reliable: true, use })
      const uuid = await jobs.publish(1)
      const done = new AbortController()
      await queue.process(() => done.abort(), { signal: done.signal })
      expected.push([`${name}.publish`, uuid], [`${name}.process`, uuid])
      await Promise.all([jobs.close(), queue.close()])
    }
    expect(lines).to.deep.equal(expected)
  })
})
