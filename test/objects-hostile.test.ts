import { expect } from 'chai'
import { describeOnEachRedis } from './helpers/backends.ts'
import { type Pair, startPair } from './helpers/pair.ts'
import { until } from './helpers/until.ts'

class Service {
  readonly stop = new AbortController()

  signal(): { signal: AbortSignal } {
    return { signal: this.stop.signal }
  }

  hello(): string {
    return 'hello'
  }
}

describeOnEachRedis('what is lent, under odd conditions', (redis) => {
  let pair: Pair<Service> | undefined
  let service: Service
  const start = async (options: Parameters<typeof startPair<Service>>[2] = {}) => {
    service = new Service()
    pair = await startPair(redis(), service, options)
    return pair
  }
  afterEach(() => pair?.close())

  it('a signal that a client waits for takes no place of a call', async () => {
    const { client } = await start({ server: { concurrency: 1 } })
    const { signal } = await client.signal()
    expect(await client.hello()).to.equal('hello')
    service.stop.abort('now')
    await until(() => signal.aborted)
    expect(signal.reason).to.equal('now')
  })
})
