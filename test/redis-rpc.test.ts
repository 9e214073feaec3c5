import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ClosedError, control, RedisRPC } from 'redis-object-rpc'
import { SERVICE_LIST } from '../lib/wire/keys.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'
import { freshName } from './helpers/names.ts'
import { rejection } from './helpers/pair.ts'
import { until } from './helpers/until.ts'

interface Echo {
  echo(value: unknown): unknown
}

describeLeavingNothing('shared connections', (redis) => {
  it('carry 30 clients and 10 services on two connections', async () => {
    const admin = new Redis(redis().url)
    const before = new Set(connectionIds(await admin.client('LIST')))
    const rpc = new RedisRPC(redis().url)
    const names = Array.from({ length: 10 }, () => freshName('service'))
    for (const [index, name] of names.entries()) await rpc.serve(name, { echo: (value: unknown) => [index, value] })
    const clients = Array.from({ length: 30 }, (_, index) => rpc.client<Echo>(names[index % 10]!))
    const answers = await Promise.all(clients.map((client, index) => client.echo(index)))
    expect(answers).to.deep.equal(clients.map((_, index) => [index % 10, index]))
    const added = connectionIds(await admin.client('LIST')).filter((id) => !before.has(id))
    expect(added).to.have.lengthOf(2)
    await rpc.close()
    expect(await admin.keys(`*${names[0]}*`)).to.deep.equal([])
    admin.disconnect()
  })

  it('list the services that have a live server', async () => {
    const admin = new Redis(redis().url)
    const [one, other] = [freshName('one'), freshName('other')]
    const dead = freshName('dead')
    const [rpc, second, looker] = [new RedisRPC(redis().url), new RedisRPC(redis().url), new RedisRPC(redis().url)]
    const ours = async () => (await looker.services()).filter((name) => [one, other, dead].includes(name))
    try {
      expect(await ours()).to.deep.equal([])
      await admin.zadd(SERVICE_LIST, 1, dead)
      const first = await rpc.serve(one, { echo: (value: unknown) => value }, { leaseMs: 60_000 })
      await second.serve(one, { echo: (value: unknown) => value })
      await rpc.serve(other, { echo: (value: unknown) => value })
      await until(async () => (await ours()).length === 2)
      expect(await ours()).to.deep.equal([one, other])
      expect(await admin.zscore(SERVICE_LIST, dead), 'what has expired is removed').to.equal(null)
      const score = Number(await admin.zscore(SERVICE_LIST, one))
      const now = Number((await admin.time())[0]) * 1_000
      expect(score, 'the longer lease counts').to.be.greaterThan(now + 30_000)
      await first.close()
      expect(await ours()).to.deep.equal([one, other])
      await second.close()
      expect(await ours()).to.deep.equal([other])
    } finally {
      await Promise.all([rpc, second, looker].map((each) => each.close()))
      expect(await ours().catch((error: unknown) => error)).to.be.instanceOf(ClosedError)
      expect(await admin.zscore(SERVICE_LIST, other)).to.equal(null)
      admin.disconnect()
    }
  })

  it('let a busy service not starve a quiet one', async () => {
    const [busy, quiet] = [freshName('busy'), freshName('quiet')]
    const rpc = new RedisRPC(redis().url)
    const served: string[] = []
    const echo = (name: string) => ({
      echo: (value: unknown) => {
        served.push(name)
        return value
      },
    })
    await rpc.serve(busy, echo('busy'), { concurrency: 20 })
    await rpc.serve(quiet, echo('quiet'), { concurrency: 20 })
    const caller = new RedisRPC(redis().url)
    const [busyClient, quietClient] = [caller.client<Echo>(busy), caller.client<Echo>(quiet)]
    const flood = Array.from({ length: 1_000 }, (_, index) => busyClient.echo(index))
    await quietClient.echo('first')
    expect(served.filter((name) => name === 'busy').length, 'served before the quiet one').to.be.lessThan(1_000)
    await Promise.all(flood)
    await caller.close()
    await rpc.close()
  })

  it('are left by one end while the others go on', async () => {
    const rpc = new RedisRPC(redis().url)
    const name = freshName('service')
    const server = await rpc.serve(name, { echo: (value: unknown) => value })
    const [one, other] = [rpc.client<Echo>(name), rpc.client<Echo>(name)]
    expect(await one.echo(1)).to.equal(1)
    await control(one).close()
    expect(await other.echo(2)).to.equal(2)
    await server.close()
    const successor = await rpc.serve(name, { echo: () => 'successor' })
    expect(await other.echo(3)).to.equal('successor')
    await successor.close()
    await rpc.close()
    expect(await rejection(rpc.serve(name, {}))).to.include({ code: 'ERR_CLOSED' })
  })

  it('forget the clients and servers that were closed', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await using rpc = new RedisRPC(redis().url)
    const name = freshName('service')
    await rpc.serve(name, { echo: (value: unknown) => value })
    const kept = rpc.client<Echo>(name)
    const makeAndClose = async (): Promise<WeakRef<object>[]> => {
      const clients = Array.from({ length: 1_000 }, () => rpc.client<Echo>(name))
      const server = await rpc.serve(freshName('other'), {})
      expect(await clients[0]?.echo(1)).to.equal(1)
      // A handle made by `with` closes the same client.
      const handles = clients.map((client, index) => (index % 2 ? client : control(client).with({ timeoutMs: 500 })))
      await Promise.all([...handles.map((handle) => control(handle).close()), server.close()])
      return [...clients, server].map((closed) => new WeakRef(closed))
    }
    const closed = await makeAndClose()
    // Some may be on a stack still.
    await until(() => {
      collect()
      return closed.filter((ref) => ref.deref() !== undefined).length < 10
    })
    expect(await kept.echo(2)).to.equal(2)
  })
})

function connectionIds(list: unknown): string[] {
  return [...String(list).matchAll(/^id=(\d+) /gm)].map(([, id]) => id!)
}
