import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ReferenceLostError, RemoteTarget } from 'redis-object-rpc'
import { newInbox, serverList } from '../../lib/wire/keys.ts'
import * as reserved from '../../lib/wire/reserved.ts'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

/** Every message that the ends send each other by themselves. */
const MESSAGES = Object.values(reserved).filter(
  (value): value is string => typeof value === 'string' && value !== reserved.RESERVED_PREFIX,
)
const UNKNOWN = ['rpc.', 'rpc.nope', 'rpc.__proto__', 'rpc.constructor', `rpc.${'x'.repeat(10_000)}`]
const HUGE = 'x'.repeat(100_000)
const DEEP = '['.repeat(1_000) + ']'.repeat(1_000)

class Counter extends RemoteTarget {
  #count = 0
  next(): number {
    return ++this.#count
  }
}

class Service {
  kept: (() => unknown) | undefined
  counter(): Counter {
    return new Counter()
  }
  keep(callback: () => unknown): void {
    this.kept = callback
  }
  async use(): Promise<unknown> {
    return this.kept?.()
  }
}

describeLeavingNothing('control messages that are malformed', (redis) => {
  let pair: Pair<Service>
  let raw: Redis
  let own: string
  let inbox: string
  const service = new Service()

  beforeEach(async () => {
    raw = new Redis(redis().url)
    pair = await startPair(redis(), service)
    own = serverList(pair.name, pair.server.id)
    inbox = newInbox(pair.name)
  })
  afterEach(async () => {
    await pair.close()
    service.kept = undefined
    await raw.del(inbox, ...(await raw.keys(`*${pair.name}*`)))
    raw.disconnect()
  })

  /** The client's inbox, as the server gets to know it. */
  async function clientInbox(): Promise<string> {
    const [list] = await raw.zrange(`{${pair.name}}:clients`, '0', '-1')
    return `${pair.name}:rpc:${list?.slice(0, 12)}`
  }

  /** What the arguments may be, and are not. @param list an end that is none of the sender's */
  function argumentsFor(list: string): readonly string[] {
    const values = ['null', '5', '-1', '1e999', '""', '"x"', '{}', '[]', '{"length":1}', '{"toString":1}', 'true']
    const ids = ['[1,"2"]', '[0.5]', '[null]', '[[1]]', '{"0":1}', JSON.stringify(Array(10_000).fill(7))]
    const lists = [list, `${list}x`, list.slice(0, -1), '__proto__', '\0', pair.name, 'elsewhere:rpc:V1StGXR8_Z5j']
    return [
      ...values,
      ...[...values, ...ids, JSON.stringify(HUGE), DEEP].map((value) => `[${value}]`),
      ...[...values, ...ids].map((value) => `[${JSON.stringify(list.replace(/.{12}$/, 'abcdefghijkl'))},${value}]`),
      ...lists.slice(1).map((each) => `[${JSON.stringify(each)},[1,2,3],[1]]`),
    ]
  }

  function* requests(list: string): Iterable<string> {
    let id = -1
    for (const name of [...MESSAGES, ...UNKNOWN])
      for (const args of argumentsFor(list))
        for (const on of ['', '"on":999999,', '"on":"1",'])
          yield `{"function_call":{${on}"name":${JSON.stringify(name)},"args":${args}},"response_queue":${JSON.stringify(inbox)},"id":${++id}}`
  }

  /** Sends them all, and waits until each was answered, in whatever order. */
  async function sendAll(to: string, list: string): Promise<void> {
    const texts = [...requests(list)]
    const missing = new Set(texts.keys())
    const drain = async (): Promise<boolean> => {
      for (const reply of (await raw.lpop(inbox, 10_000)) ?? [])
        missing.delete(Number(/^\{"id":(\d+),/.exec(reply)?.[1]))
      return missing.size === 0
    }
    for (let at = 0; at < texts.length; at += 500) await raw.rpush(to, ...texts.slice(at, at + 500))
    await until(drain).catch(() => expect.fail(`not answered: ${[...missing].slice(0, 5).map((id) => texts[id])}`))
  }

  for (const to of ['its own list', 'the list of the service']) {
    it(`are answered by a server that gets them on ${to}, and change nothing`, async () => {
      const counter = await pair.client.counter()
      await pair.client.keep(() => 'called back')
      await sendAll(to === 'its own list' ? own : pair.name, await clientInbox())
      expect(await counter.next()).to.equal(1)
      expect(await pair.client.use()).to.equal('called back')
    })
  }

  it('are answered by a client, and change nothing', async () => {
    const counter = await pair.client.counter()
    await pair.client.keep(() => 'called back')
    await sendAll(await clientInbox(), own)
    expect(await pair.client.use()).to.equal('called back')
    expect(await counter.next()).to.equal(1)
  })

  for (const end of ['the server', 'the client'])
    it(`${end} goes on after a goodbye, however often it comes`, async () => {
      const counter = await pair.client.counter()
      await pair.client.keep(() => 'called back')
      const [to, from] = end === 'the server' ? [own, await clientInbox()] : [await clientInbox(), own]
      const goodbye = (list: string) =>
        JSON.stringify({ function_call: { name: reserved.GOODBYE, args: [list] }, options: { notify: true } })
      const about = [from.replace(/.{12}$/, 'abcdefghijkl'), `${from}x`, from.slice(0, -1), to, inbox, '']
      await raw.rpush(to, ...about.map(goodbye))
      expect([await counter.next(), await pair.client.use()]).to.deep.equal([1, 'called back'])
      const ping = { function_call: { name: reserved.PING, args: [] }, response_queue: inbox, id: 1 }
      await raw.rpush(to, ...Array.from({ length: 100 }, () => goodbye(from)), JSON.stringify(ping))
      expect(await raw.blpop(inbox, 10)).to.deep.equal([inbox, '{"id":1,"return_value":null}'])
      expect(await rejection(Promise.resolve(counter.next()))).to.be.instanceOf(ReferenceLostError)
      const other = await pair.client.counter()
      await pair.client.keep(() => 'called again')
      expect([await other.next(), await pair.client.use()]).to.deep.equal([1, 'called again'])
    })
})
