import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { type Browser, chromium, type Page } from 'playwright-core'
import { control, RedisRPC } from 'redis-object-rpc'
import { type RunningDashboard, serveDashboard } from 'redis-object-rpc/dashboard'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { GroupReadStream, ReadQueue, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { z } from 'zod'
import { newTaskId } from '../../lib/ipc/queue/task-id.ts'
import { rejection } from '../helpers/pair.ts'

const CHROMIUM = '/usr/bin/chromium'
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string }[]
}

describe('the dashboard in a browser', function () {
  this.timeout(60_000)
  let redis: EmbeddedRedis
  let rpc: RedisRPC
  let browser: Browser
  let running: RunningDashboard
  let page: Page
  /** What should not be there: messages of the console, and requests to other hosts. */
  let wrong: string[]

  before(async function () {
    if (!existsSync(CHROMIUM)) {
      if (process.env.CI) throw new Error(`${CHROMIUM} is missing`)
      this.skip()
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    redis = await EmbeddedRedis.start({ port: 0 })
    rpc = new RedisRPC(redis.url)
  })
  after(async () => {
    await browser?.close()
    await rpc?.close()
    await redis?.close()
  })
  afterEach(async () => {
    await page?.close()
    await running?.close()
  })

  const open = async (
    path: string,
    { write = false, colorScheme = 'light' as 'light' | 'dark' } = {},
  ): Promise<void> => {
    running = await serveDashboard(redis.url, { port: 0, refreshMs: 200, write })
    page = await browser.newPage({ colorScheme })
    wrong = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text())
    })
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(running.url)) wrong.push(request.url())
    })
    await page.goto(`${running.url}#/${path}`)
  }

  const violations = async (): Promise<string[]> => {
    // The page's policy lets no script in; this one comes from outside of it.
    const session = await page.context().newCDPSession(page)
    const { readFile } = await import('node:fs/promises')
    await session.send('Runtime.evaluate', { expression: await readFile(AXE, 'utf8') })
    const run = 'axe.run().then(({ violations }) => JSON.stringify(violations))'
    const { result } = await session.send('Runtime.evaluate', { expression: run, awaitPromise: true })
    const found = JSON.parse(result.value as string) as Violation[]
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(' ')}`)
  }

  it('shows a service that appears, a call that fails, and that the service has gone', async () => {
    await open('services')
    await page.getByText('No service is live on this Redis.').waitFor()
    const server = await rpc.serve('<img src=x onerror=alert(1)>', {
      fail: () => {
        throw new RangeError('<script>alert(2)</script>')
      },
    })
    await page.getByRole('link', { name: '<img src=x onerror=alert(1)>' }).click()
    const client = rpc.client<{ fail(): void }>('<img src=x onerror=alert(1)>')
    await rejection(client.fail())
    await page.getByText('<script>alert(2)</script>').first().waitFor()
    await page.getByText('read-only', { exact: false }).first().waitFor()
    expect(await page.getByRole('button', { name: 'Call fail' }).count()).to.equal(0)
    await control(client).close()
    await server.close()
    await page.getByText('No server of this service is live', { exact: false }).waitFor()
    expect(wrong).to.deep.equal([])
  })

  it('calls a method by its form', async () => {
    const server = await rpc.serve('calc', { add: (a: number, b: number) => a + b })
    await open('services/calc', { write: true })
    await page.getByRole('button', { name: 'Call add' }).click()
    await page.getByLabel('Arguments').fill('[1, 41]')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('42', { exact: true }).waitFor()
    await server.close()
    expect(wrong).to.deep.equal([])
  })

  const shop = {
    order: (sku: string, count: number, gift: boolean, size: string, extra: object, note?: string) =>
      JSON.stringify([sku, count, gift, size, extra, note ?? 'no note']),
  }
  const shopSchemas = {
    order: {
      args: z.tuple([
        z
          .string()
          .min(1)
          .refine((sku) => sku !== 'gone', 'it is sold out')
          .meta({ title: 'Article', description: 'By its number.' }),
        z.int().min(1),
        z.boolean().meta({ title: 'As a gift' }),
        z.enum(['small', 'large']).meta({ title: 'Size' }),
        z.object({ colour: z.string() }).meta({ title: 'Extra' }),
        z.string().optional().meta({ title: 'Note' }),
      ]),
    },
  }

  it('shows an error with its stack, its caller and its trace', async () => {
    const target = {
      fail: () => {
        throw new RangeError('out of stock')
      },
    }
    const server = await rpc.serve('failing', target)
    const client = rpc.client<typeof target>('failing')
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const metadata = { traceparent: `00-${trace}-00f067aa0ba902b7-01` }
    await rejection(control(control(client).with({ metadata })).call('fail'))
    await open('services/failing')
    const error = page.getByRole('listitem').filter({ hasText: 'out of stock' })
    await error.locator('summary').click()
    await error.getByText(trace, { exact: true }).waitFor()
    await error.getByText(/^failing:rpc:/).waitFor()
    await error.getByText(/^RangeError: out of stock\n\s+at /).waitFor()
    await control(client).close()
    await server.close()
    expect(wrong).to.deep.equal([])
  })

  it('shows until when the leases of servers last, and which servers have gone', async () => {
    const options = { leaseMs: 60_000, version: '4.1.7' }
    const server = await rpc.serve('leased', { add: (a: number, b: number) => a + b }, options)
    const admin = new Redis(redis.url)
    const now = Date.now()
    await admin.zadd('{leased}:servers', now - 12_000, 'expired-one- 5000  ', -(now - 30_000), 'closed-one-- 5000  ')
    await admin.zadd('{leased}:servers', now + 600_000, 'silent-one-- 600000  ')
    await open('services/leased')
    const row = (id: string) => page.getByRole('row', { name: id })
    await row(server.id)
      .getByText(/^renewed \d+ s ago · \d+ s left$/)
      .waitFor()
    await row(server.id).getByText('4.1.7').waitFor()
    await row('expired-one-')
      .getByText(/^gone \d+ s ago$/)
      .waitFor()
    await row('closed-one--')
      .getByText(/^closed \d+ s ago$/)
      .waitFor()
    await row('silent-one--')
      .getByText(/^no answer · \d+ min left$/)
      .waitFor()
    expect(await page.getByRole('row').count()).to.equal(5 + 2)
    await server.close()
    await admin.del('{leased}:servers')
    admin.disconnect()
    expect(wrong).to.deep.equal([])
  })

  it('has a field for each argument, where a schema describes them', async () => {
    const server = await rpc.serve('shop', shop, { methods: shopSchemas })
    await open('services/shop', { write: true })
    await page.getByRole('button', { name: 'Call order' }).click()
    await page.getByLabel('Article').fill('a-17')
    await page.getByLabel('Argument 2').fill('3')
    await page.getByLabel('As a gift').check()
    await page.getByLabel('Size').selectOption('large')
    await page.getByLabel('Extra').fill('{ "colour": "red" }')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText(`'["a-17",3,true,"large",{"colour":"red"},"no note"]'`).waitFor()
    await page.getByLabel('As JSON').check()
    expect(await page.getByLabel('Arguments').inputValue()).to.equal('["a-17",3,true,"large",{"colour":"red"}]')
    await page.getByLabel('Arguments').fill('["b-18", 4, false, "small", {"colour":"blue"}, "soon"]')
    await page.getByLabel('As JSON').uncheck()
    expect(await page.getByLabel('Note').inputValue()).to.equal('soon')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText(`'["b-18",4,false,"small",{"colour":"blue"},"soon"]'`).waitFor()
    await page.getByLabel('As JSON').check()
    await page.getByLabel('Arguments').fill('["b-18", "four"]')
    await page.getByLabel('As JSON').click()
    await page.getByText('The fields cannot show this.').waitFor()
    expect(await page.getByLabel('As JSON').isChecked()).to.equal(true)
    await server.close()
    expect(wrong).to.deep.equal([])
  })

  it('says at a field what is wrong with an argument, before and after the server has seen it', async () => {
    const server = await rpc.serve('shop', shop, { methods: shopSchemas })
    await open('services/shop', { write: true })
    await page.getByRole('button', { name: 'Call order' }).click()
    const [article, count] = [page.getByLabel('Article'), page.getByLabel('Argument 2')]
    const call = page.getByRole('button', { name: 'Call', exact: true })
    await article.fill('gone')
    await count.fill('none')
    await call.click()
    await page.getByText('This is not a number.').waitFor()
    await page.getByText('Choose one.').waitFor()
    expect(await count.evaluate((input) => input.matches(':focus'))).to.equal(true)
    expect(await count.getAttribute('aria-invalid')).to.equal('true')
    const describedBy = (await count.getAttribute('aria-describedby'))?.split(' ')[0]
    expect(await page.locator(`#${describedBy}`).textContent()).to.equal('This is not a number.')
    await count.fill('0')
    await call.click()
    await page.getByText('It must be 1 or more.').waitFor()
    await count.fill('1')
    await page.getByText('It must be 1 or more.').waitFor({ state: 'hidden' })
    await page.getByLabel('Size').selectOption('small')
    await page.getByLabel('Extra').fill('{ "colour": 7 }')
    await call.click()
    await page.getByText('The method failed', { exact: false }).waitFor()
    await page.getByText('it is sold out', { exact: true }).waitFor()
    expect(await article.getAttribute('aria-invalid')).to.equal('true')
    expect(await article.evaluate((input) => input.matches(':focus'))).to.equal(true)
    await page.getByText(/^colour: /).waitFor()
    expect(await count.getAttribute('aria-invalid')).to.equal('false')
    await server.close()
    expect(wrong).to.deep.equal([])
  })

  it('leaves an argument out before one that is given', async () => {
    const given = { seen: (...args: (number | undefined)[]) => args.map((arg) => typeof arg).join(' ') }
    const schemas = { seen: { args: z.tuple([z.number().optional(), z.number().optional(), z.number().optional()]) } }
    const server = await rpc.serve('given', given, { methods: schemas })
    await open('services/given', { write: true })
    await page.getByLabel('Argument 2').fill('2')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText(`'undefined number'`).waitFor()
    await server.close()
    expect(wrong).to.deep.equal([])
  })

  it('shows what a stranger wrote into a schema as text, and little of it', async () => {
    const hostile = (schema: object) => ({
      '~standard': {
        version: 1 as const,
        vendor: 'stranger',
        validate: (value: unknown) => ({ value: value as unknown[] }),
        jsonSchema: { input: () => ({ type: 'array', minItems: 1, ...schema }), output: () => ({}) },
      },
    })
    const html = '<img src=x onerror=alert(1)>'
    const methods = {
      __proto: {
        args: hostile({ prefixItems: [{ title: html, description: `${html}\u202e\x1b`, enum: [html, '__proto__'] }] }),
      },
      [html]: { args: hostile({ prefixItems: [{ enum: Array.from({ length: 5_000 }, (_, i) => i) }, { $ref: '#' }] }) },
      toString: { args: hostile({ items: { $ref: '#' } }) },
    }
    const echo = (...args: unknown[]) => args.length
    const target = { __proto: echo, [html]: echo, toString: echo }
    const server = await rpc.serve('stranger', target as object, {
      expose: Object.keys(target),
      methods: methods as never,
    })
    await open('services/stranger', { write: true })
    await page.getByRole('button', { name: 'Call __proto', exact: true }).click()
    await page.getByText(`${html}\\u202e\\u001b`, { exact: false }).waitFor()
    await page.getByLabel(html, { exact: true }).selectOption('"__proto__"')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText('Answered in', { exact: false }).waitFor()
    await page.getByRole('button', { name: `Call ${html}`, exact: true }).click()
    await page.getByText('(5000 in all).', { exact: false }).waitFor()
    expect(await page.locator('textarea:visible').count()).to.equal(2)
    await page.getByLabel('Method', { exact: true }).selectOption('toString')
    await page.getByLabel('Arguments').waitFor()
    expect(await page.locator('img').count()).to.equal(1)
    await server.close()
    expect(wrong).to.deep.equal([])
  })

  it('shows for how long tasks have waited, and says where that is unknown', async () => {
    const raw = new Redis(redis.url)
    await raw.lpush('old', `{"uuid":"${newTaskId(Date.now() - 7 * 3_600_000)}","content":1}`)
    await raw.lpush('others', '{"uuid":"110ec58a-a0f2-4ac4-8393-c866d813b8d1","content":1}')
    await open('queues')
    await page.getByRole('row', { name: 'old' }).getByText('7 h').waitFor()
    await page.getByRole('row', { name: 'others' }).getByText('unknown').waitFor()
    await page.getByRole('link', { name: 'old' }).click()
    await page.getByText('Oldest waits').waitFor()
    await page.getByText('7 h').waitFor()
    await raw.del('old', 'others')
    raw.disconnect()
    expect(wrong).to.deep.equal([])
  })

  it('shows a queue that fills, and replays a dead letter once that was confirmed', async () => {
    const queue = new WriteQueue<string>(redis.url, 'mails')
    const worker = new ReadQueue<string>(redis.url, 'mails', { reliable: true })
    await queue.publish('first')
    await (await worker.next())?.deadLetter('the address is wrong')
    await open('queues', { write: true })
    await page.getByRole('link', { name: 'mails' }).click()
    await page.getByText('the address is wrong').click()
    await queue.publish('second')
    await page.getByText('"second"', { exact: false }).first().waitFor()
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click()
    await page.getByText('The task is in its queue again').waitFor()
    await page.getByText('No dead letters.').waitFor()
    expect((await worker.next())?.content).to.equal('second')
    expect((await worker.next())?.content).to.equal('first')
    await worker.close()
    await queue.close()
    expect(wrong).to.deep.equal([])
  })

  it('shows a line for each group of a stream', async () => {
    const prices = new WriteStream<number>(redis.url, 'prices')
    const groups = ['audit', 'mail'].map((group) => new GroupReadStream<number>(redis.url, 'prices', group))
    for (const group of groups) await group.open()
    for (const price of [1, 2]) await prices.publish(price)
    await (await groups[0]?.bNext())?.deadLetter('it is no price')
    await open('streams')
    const cells = page.getByRole('row', { name: 'prices' }).getByRole('cell')
    await page.getByText('audit').waitFor()
    const [events, names, , , , dead] = await cells.allInnerTexts()
    expect([events, names, dead]).to.deep.equal(['2', 'audit\nmail', '1\n0'])
    for (const end of [...groups, prices]) await end.close()
    expect(wrong).to.deep.equal([])
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be used by everybody, in ${colorScheme} colours`, async () => {
      const server = await rpc.serve('shop', shop, { methods: shopSchemas })
      const queue = new WriteQueue<number>(redis.url, 'orders')
      await queue.publish(1)
      await open('services', { write: true, colorScheme })
      await page.getByRole('link', { name: 'shop' }).waitFor()
      for (const path of [
        'services',
        'services/shop',
        'queues',
        'queues/orders',
        'streams',
        'caches',
        'caches/users',
      ]) {
        await page.goto(`${running.url}#/${path}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        expect(await violations(), path).to.deep.equal([])
      }
      await page.goto(`${running.url}#/services/shop`)
      await page.getByLabel('Article').waitFor()
      await page.getByRole('button', { name: 'Call', exact: true }).click()
      await page.getByText('Choose one.').waitFor()
      expect(await violations(), 'the form').to.deep.equal([])
      await page.setViewportSize({ width: 390, height: 844 })
      expect(await page.locator('html').evaluate((html) => html.scrollWidth), 'on a phone').to.equal(390)
      await queue.close()
      await server.close()
      expect(wrong).to.deep.equal([])
    })
})
