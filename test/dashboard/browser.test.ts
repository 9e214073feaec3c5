import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import { type Browser, chromium, type Page } from 'playwright-core'
import { control, RedisRPC } from 'redis-object-rpc'
import { type RunningDashboard, serveDashboard } from 'redis-object-rpc/dashboard'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
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

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be used by everybody, in ${colorScheme} colours`, async () => {
      const server = await rpc.serve('shop', { order: (sku: string) => sku })
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
      await queue.close()
      await server.close()
      expect(wrong).to.deep.equal([])
    })
})
