import { once } from 'node:events'
import { createServer, get, type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { expect } from 'chai'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { control, InvalidOptionError, RedisRPC, ValidationError } from 'redis-object-rpc'
import { type Dashboard, dashboard, type RunningDashboard, serveDashboard } from 'redis-object-rpc/dashboard'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { z } from 'zod'
import { PAGE_FILES } from '../../lib/dashboard/page-files.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends a request with whatever headers, which `fetch` does not let a test choose. */
function send(url: string, headers: Record<string, string> = {}, post?: string): Promise<Answer> {
  const { promise, resolve, reject } = deferred<Answer>()
  const sent = request(url, { method: post === undefined ? 'GET' : 'POST', headers, agent: false }, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text: string) => (body += text))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
  })
  sent.on('error', reject)
  sent.end(post)
  return promise
}

describe('the dashboard over HTTP', () => {
  let redis: EmbeddedRedis
  let rpc: RedisRPC
  let page: RunningDashboard
  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
    rpc = new RedisRPC(redis.url)
  })
  after(async () => {
    await rpc.close()
    await redis.close()
  })
  afterEach(() => page?.close())

  const start = async (options: Parameters<typeof serveDashboard>[1] = {}): Promise<string> => {
    page = await serveDashboard(redis.url, { port: 0, ...options })
    return page.url
  }
  /** Changes something as the page does: with the token of its session. */
  const change = async (url: string, action: string, fields: object): Promise<Answer> => {
    const session = await send(`${url}api/session`)
    const { token } = JSON.parse(session.body) as { token?: string }
    const cookie = String(session.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
    const headers = { 'content-type': 'application/json', 'x-csrf-token': token ?? '', cookie }
    return send(`${url}api/do/${action}`, headers, JSON.stringify(fields))
  }
  const view = async (url: string, path: string): Promise<Record<string, unknown>> =>
    JSON.parse((await send(`${url}api/view/${path}`)).body)

  it('serves its page and files under a strict policy, in less than 150 kB', async () => {
    const url = await start()
    let bytes = 0
    for (const file of PAGE_FILES) {
      const { status, headers, body } = await send(url + file)
      expect([file, status]).to.deep.equal([file, 200])
      expect(headers['content-security-policy']).to.include("default-src 'none'")
      expect(headers['content-security-policy']).not.to.include('unsafe')
      bytes += Buffer.byteLength(body)
      expect((await send(url + file, { 'if-none-match': String(headers.etag) })).status).to.equal(304)
    }
    expect(bytes).to.be.lessThan(150_000)
  })

  for (const path of [
    '..%2f..%2fpackage.json',
    '../package.json',
    '%2e%2e/options.ts',
    'tsconfig.json',
    'uplot.d.ts',
    'constructor',
    '__proto__',
  ])
    it(`has no file ${path}`, async () => {
      const url = await start()
      const { port } = new URL(url)
      // A client of HTTP would tidy the path up.
      const socket = connect(Number(port), '127.0.0.1')
      socket.end(`GET /${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      let text = ''
      for await (const chunk of socket) text += chunk
      expect(text).to.match(/^HTTP\/1\.1 404 /)
    })

  it('shows services, servers, methods and errors', async () => {
    const service = `shop<b>${Date.now()}`
    const server = await rpc.serve(service, {
      find: (id: number) => id,
      fail: () => {
        throw new RangeError('out of <i>stock</i>')
      },
    })
    const client = rpc.client<{ find(id: number): number; fail(): void }>(service)
    await client.find(1)
    await rejection(client.fail())
    const url = await start()
    const { services } = (await view(url, 'services')) as { services: { name: string; servers: number }[] }
    expect(services.find(({ name }) => name === service)).to.include({ servers: 1 })
    const detail = await view(url, `service?name=${encodeURIComponent(service)}`)
    expect(detail).to.have.nested.property('servers[0].id', server.id)
    expect(detail).to.have.nested.property('errors[0].message', 'out of <i>stock</i>')
    expect((detail.methods as { name: string; calls: number }[]).map(({ name }) => name)).to.deep.equal([
      'find',
      'fail',
    ])
    await control(client).close()
    await server.close()
  })

  it('sends what it reads to all who look, again and again, and ends that when it closes', async () => {
    const url = await start({ refreshMs: 100 })
    const seen = ['', '', '']
    const ended = seen.map((_, index) => {
      const { promise, resolve } = deferred()
      get(`${url}api/live/services`, { agent: false }, (response) => {
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          seen[index] += text
        })
        response.on('error', () => {})
        response.on('close', resolve)
      }).on('error', () => {})
      return promise
    })
    await until(() => seen.every((text) => text.includes('event: view')))
    const server = await rpc.serve('newcomer', { ping: () => 1 })
    await until(() => seen.every((text) => text.includes('newcomer')))
    await server.close()
    await page.close()
    await Promise.all(ended)
  })

  it('refuses viewers beyond its limit, and goes on', async () => {
    const url = await start({ maxViewers: 2 })
    const open = (): Promise<number> =>
      new Promise((resolve, reject) =>
        get(`${url}api/live/services`, { agent: false }, (response) => {
          resolve(response.statusCode ?? 0)
          response.on('error', () => {})
        }).on('error', reject),
      )
    const statuses = [await open(), await open(), await open()]
    expect(statuses).to.deep.equal([200, 200, 503])
    expect((await send(url)).status).to.equal(200)
  })

  it('changes nothing unless it may', async () => {
    const url = await start()
    const { status, body } = await change(url, 'call', { service: 'x', method: 'y', args: [] })
    expect([status, body]).to.deep.equal([403, body])
    expect(body).to.include('read-only')
  })

  it('calls methods, and says what they return or throw', async () => {
    const server = await rpc.serve('calc', {
      add: (a: number, b: number) => a + b,
      fail: () => {
        throw new RangeError('no')
      },
    })
    const url = await start({ write: true })
    const add = await change(url, 'call', { service: 'calc', method: 'add', args: [1, 2] })
    expect([add.status, JSON.parse(add.body).outcome]).to.deep.equal([200, 'value'])
    const fail = await change(url, 'call', { service: 'calc', method: 'fail', args: [] })
    expect(JSON.parse(fail.body)).to.include({ name: 'RangeError', message: 'no', isRemote: true })
    for (const fields of [
      { service: 'calc', method: 'add' },
      { service: 'calc', method: 'add', args: [], timeoutMs: 1e9 },
      { service: 'calc', method: 'add', args: [1], omitted: 0 },
    ])
      expect((await change(url, 'call', fields)).status).to.equal(400)
    await server.close()
  })

  it('tells the arguments of a method, and which of them the server refuses', async () => {
    const add = { add: (a: number, b: number) => a + b }
    const args = z.tuple([z.number(), z.number().meta({ title: 'To add' })])
    const server = await rpc.serve('summer', add, { methods: { add: { args } } })
    const url = await start({ write: true })
    expect(await view(url, 'service?name=summer')).to.have.nested.property('methods[0].hasShape', true)
    const shape = await view(url, 'arguments?name=summer&method=add')
    expect(shape).to.have.nested.property('fields[1].label', 'To add')
    for (const [name, method] of [
      ['summer', 'other'],
      ['summer', '__proto__'],
      ['nobody', 'add'],
    ])
      expect(await view(url, `arguments?name=${name}&method=${method}`)).not.to.have.property('fields')
    expect((await send(`${url}api/view/arguments?name=summer`)).status).to.equal(400)
    const { body } = await change(url, 'call', { service: 'summer', method: 'add', args: [1, 'two'] })
    const { issues } = JSON.parse(body) as { issues: { index: number; message: string }[] }
    expect(issues).to.have.lengthOf(1)
    expect(issues[0]).to.include({ index: 1 })
    await server.close()
  })

  it('takes refusals that are none of the library for mere errors', async () => {
    const refuse = (issues: unknown) => () => {
      throw Object.assign(new ValidationError('liar.x', 'args', []), { issues })
    }
    const target = { a: refuse('none'), b: refuse([null, 7, { path: 'x', message: 'y' }, { path: [0], message: {} }]) }
    const server = await rpc.serve('liar', target)
    const url = await start({ write: true })
    for (const method of ['a', 'b']) {
      const { status, body } = await change(url, 'call', { service: 'liar', method, args: [] })
      expect([status, JSON.parse(body).issues]).to.deep.equal([200, []])
    }
    await server.close()
  })

  it('shows dead letters, and replays and removes them', async () => {
    const queue = new WriteQueue<number>(redis.url, 'jobs')
    for (const task of [1, 2, 3]) await queue.publish(task)
    const worker = new ReadQueue<number>(redis.url, 'jobs', { reliable: true })
    for (let i = 0; i < 3; i++) await (await worker.next())?.deadLetter(`no ${i}`)
    await worker.close()
    await queue.close()
    const url = await start({ write: true })
    const letters = async () =>
      ((await view(url, 'queue?name=jobs')).items as { dead: { id: string; reason: string }[] }).dead
    expect((await letters()).map(({ reason }) => reason)).to.deep.equal(['no 0', 'no 1', 'no 2'])
    const [first, second] = await letters()
    expect((await change(url, 'replay', { name: 'jobs', ids: [first?.id] })).body).to.equal('{"count":1}')
    expect((await change(url, 'remove', { name: 'jobs', ids: [second?.id] })).body).to.equal('{"count":1}')
    expect((await change(url, 'replay', { name: 'jobs', ids: 'all' })).body).to.equal('{"count":1}')
    expect(await view(url, 'queue?name=jobs')).to.include({ waiting: 2, dead: 0 })
    expect((await change(url, 'drain', { name: 'jobs' })).body).to.equal('{"count":2}')
    for (const ids of [[], ['x'], Array(101).fill('1-1'), 'some', undefined])
      expect((await change(url, 'remove', { name: 'jobs', ids })).status).to.equal(400)
  })

  it('pages through thousands of queues', async () => {
    const admin = new WriteQueue<number>(redis.url, 'many-0')
    await admin.publish(1)
    const raw = await import('ioredis').then(({ Redis }) => new Redis(redis.url))
    const pipeline = raw.pipeline()
    for (let i = 1; i < 2_000; i++) pipeline.rpush(`many-${i}`, '{"uuid":"u","content":1}')
    await pipeline.exec()
    const url = await start()
    const seen = new Set<string>()
    let cursor = ''
    do {
      const page = (await view(url, `queues?match=many-&cursor=${cursor}`)) as {
        items: { name: string }[]
        cursor?: string
      }
      expect(page.items.length).to.be.lessThan(1_100)
      for (const { name } of page.items) seen.add(name)
      cursor = page.cursor ?? ''
    } while (cursor !== '')
    expect(seen.size).to.equal(2_000)
    await raw.flushdb()
    raw.disconnect()
    await admin.close()
  })

  describe('of requests that a hostile page makes a browser send', () => {
    it('refuses those under a name that is not its own', async () => {
      const url = await start({ allowedHosts: ['rpc.example'] })
      for (const host of ['evil.example', 'localhost.evil.example', 'a b'])
        expect((await send(url, { host })).status, host).to.be.oneOf([421, 400])
      for (const host of ['rpc.example', 'rpc.example:8080', 'localhost:1', '127.0.0.1', '[::1]:8080'])
        expect((await send(url, { host })).status, host).to.equal(200)
    })

    it('refuses those of other origins and sites, and changes without its token', async () => {
      const url = await start({ write: true })
      const body = JSON.stringify({ name: 'jobs' })
      const { host } = new URL(url)
      const own = { origin: `http://${host}`, 'content-type': 'application/json' }
      const refused: Record<string, string>[] = [
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        own,
        { ...own, 'x-csrf-token': 'x'.repeat(43) },
        { ...own, 'x-csrf-token': 'x'.repeat(43), cookie: `redis-object-rpc-csrf=${'y'.repeat(43)}` },
      ]
      for (const headers of refused)
        expect((await send(`${url}api/do/drain`, headers, body)).status, JSON.stringify(headers)).to.equal(403)
    })
  })

  it('asks authorize about every request, and closes where it throws', async () => {
    const asked: string[] = []
    const url = await start({
      write: true,
      authorize: ({ action, name, request: { headers } }) => {
        asked.push(name === undefined ? action : `${action} ${name}`)
        if (headers['x-fail']) throw new Error('secret detail')
        return action !== 'drain'
      },
    })
    expect((await change(url, 'drain', { name: 'jobs' })).status).to.equal(403)
    expect(asked).to.deep.equal(['read', 'read', 'drain jobs'])
    const { status, body } = await send(url, { 'x-fail': '1' })
    expect([status, body.includes('secret')]).to.deep.equal([500, false])
  })

  it('asks for a password where it has one, and listens beyond this machine only then', async () => {
    const url = await start({ password: 'open sesame' })
    expect((await send(url)).status).to.equal(401)
    const authorization = `Basic ${Buffer.from('ops:open sesame').toString('base64')}`
    expect((await send(url, { authorization })).status).to.equal(200)
    expect(await rejection(serveDashboard(redis.url, { host: '0.0.0.0', port: 0 }))).to.be.instanceOf(
      InvalidOptionError,
    )
  })

  describe('mounted', () => {
    let handler: Dashboard
    let close: (() => Promise<unknown> | unknown) | undefined
    beforeEach(() => {
      handler = dashboard(redis.url, { basePath: '/admin/rpc' })
    })
    afterEach(async () => {
      await close?.()
      await handler.close()
    })
    const check = async (port: number): Promise<void> => {
      const url = `http://127.0.0.1:${port}`
      expect((await send(`${url}/admin/rpc`)).headers.location).to.equal('/admin/rpc/')
      expect((await send(`${url}/admin/rpc/`)).body).to.include('<title>redis-object-rpc</title>')
      expect((await send(`${url}/admin/rpc/main.js`)).status).to.equal(200)
      expect((await send(`${url}/elsewhere`)).status).to.equal(404)
    }

    it('in node:http', async () => {
      const server = createServer(handler).listen(0, '127.0.0.1')
      await once(server, 'listening')
      close = () => server.close()
      await check((server.address() as AddressInfo).port)
    })

    it('in Express', async () => {
      const server = express().use('/admin/rpc', handler).listen(0, '127.0.0.1')
      await once(server, 'listening')
      close = () => server.close()
      await check((server.address() as AddressInfo).port)
    })

    it('in Fastify', async () => {
      const app = fastify()
      const take = (
        request: { raw: Parameters<Dashboard>[0] },
        reply: { hijack(): void; raw: Parameters<Dashboard>[1] },
      ) => {
        reply.hijack()
        handler(request.raw, reply.raw)
      }
      app.all('/admin/rpc', take)
      app.all('/admin/rpc/*', take)
      await app.listen({ port: 0, host: '127.0.0.1' })
      close = () => app.close()
      await check((app.server.address() as AddressInfo).port)
    })

    it('beside Hono', async () => {
      const app = new Hono().get('/', (context) => context.text('home'))
      const hono = getRequestListener(app.fetch, { overrideGlobalObjects: false })
      const server = createServer((incoming, response) =>
        handler(incoming, response, () => void hono(incoming, response)),
      )
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      close = () => server.close()
      await check((server.address() as AddressInfo).port)
    })
  })
})
