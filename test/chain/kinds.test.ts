import { expect } from 'chai'
import { control, type Middleware, pipe } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { Ends, recorder, type Shop, shown } from './shop.ts'

describeOnEachRedis('middleware', (redis) => {
  const ends = new Ends(redis)

  it('sees streams, and may replace them', async () => {
    const log: string[] = []
    const doubled: Middleware = async ({ call, next }) => {
      const result = await next()
      log.push(shown(call))
      if (call.kind !== 'stream') return result
      return (async function* () {
        for await (const row of result as AsyncIterable<number>) yield row * 2
      })()
    }
    const client = await ends.start([doubled], [doubled])
    const rows: number[] = []
    for await (const row of client.rows(4)) rows.push(row)
    expect(rows).to.deep.equal([0, 4, 8, 12])
    expect(log).to.deep.equal(['incoming stream call rows', 'outgoing stream call rows'])
    for await (const row of client.rows(1_000)) if (row > 40) break
  })

  it('survives results that cannot be looked at', async () => {
    const passing: Middleware = ({ next }) => next()
    const client = await ends.start([passing], [passing])
    for (const isAsync of [false, true])
      expect(await rejection(client.odd(isAsync))).to.include({ code: 'ERR_SERIALIZATION' })
    expect(await client.add(1, 2)).to.equal(3)
  })

  it('sees notifications, properties, namespaces, and the whole of a pipeline and its steps', async () => {
    const log: string[] = []
    const client = await ends.start([recorder(log, shown)], [recorder(log, shown)])
    await control(client).notify.add(1, 2)
    await until(() => ends.shop.runs === 1)
    expect(await client.theme).to.equal('light')
    await control(client).set('theme', 'dark')
    expect(await client.cart.add('tea')).to.equal('added tea')
    expect(await pipe(client, (far) => [far.add(1, far.add(2, 3)), far.theme, far.open().next()])).to.deep.equal([
      6,
      'dark',
      1,
    ])
    expect(log).to.deep.equal([
      'outgoing notify call add',
      'incoming notify call add',
      'outgoing call get theme',
      'incoming call get theme',
      'outgoing call set theme',
      'incoming call set theme',
      'outgoing call call cart.add',
      'incoming call call cart.add',
      'outgoing call call rpc.pipe',
      'incoming call call add',
      'incoming call call add',
      'incoming call call open',
      'incoming callback call next',
      'incoming call get theme',
    ])
  })

  it('sees and changes values of properties; a method that is read stays one', async () => {
    const louder: Middleware = async ({ call, next }) => {
      if (call.access === 'set') call.args = [`${call.args[0]}!`]
      const value = await next()
      return call.access === 'get' && typeof value === 'string' ? value.toUpperCase() : value
    }
    const client = await ends.start([louder], [louder])
    await control(client).set('theme', 'dark')
    expect(ends.shop.theme).to.equal('dark!!')
    expect(await client.theme).to.equal('DARK!!')
    const add = await (client.add as unknown as Promise<Shop['add']>)
    expect(await add(1, 2)).to.equal(3)
  })

  it('sees callbacks and methods of references at both ends, with metadata', async () => {
    const log: string[] = []
    const signed: Middleware = ({ call, next }) => {
      if (call.direction === 'outgoing') call.metadata.by = 'me'
      log.push(`${shown(call)} ${call.metadata.by}`)
      return next()
    }
    const client = await ends.start([signed], [signed])
    expect(await client.ask(() => 'because')).to.equal('it said because')
    const cursor = await client.open()
    expect(await cursor.next()).to.equal(1)
    cursor[Symbol.dispose]()
    expect(log).to.deep.equal([
      'outgoing call call ask me',
      'incoming call call ask me',
      'outgoing callback call callback me',
      'incoming callback call callback me',
      'outgoing call call open me',
      'incoming call call open me',
      'outgoing callback call next me',
      'incoming callback call next me',
    ])
  })

  it('runs once around all servers, and gives their answers', async () => {
    const log: string[] = []
    const client = await ends.start([recorder(log, shown)])
    const values: unknown[] = []
    for await (const reply of control(client).all().add(1, 2)) values.push('value' in reply && reply.value)
    expect(values).to.deep.equal([3])
    expect(log).to.deep.equal(['outgoing stream call add'])
  })

  it('does not see what the library asks for itself', async () => {
    const log: string[] = []
    const client = await ends.start([recorder(log, shown)], [recorder(log, shown)])
    await control(client).ping()
    expect(await control(client).servers()).to.have.length(1)
    expect(log).to.deep.equal([])
  })
})
