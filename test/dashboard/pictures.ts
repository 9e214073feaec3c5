/** Takes the pictures of docs/observability.md: `npm run docs:pictures`. With a folder it takes more of them, to look at. */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { chromium, type Page } from 'playwright-core'
import { RedisRPC } from 'redis-object-rpc'
import { serveDashboard } from 'redis-object-rpc/dashboard'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { z } from 'zod'

const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/images/', import.meta.url))

await using redis = await EmbeddedRedis.start({ port: 0 })
await using rpc = new RedisRPC(redis.url)
await using other = new RedisRPC(redis.url)
const admin = new Redis(redis.url)

interface Orders {
  place(
    article: string,
    count: number,
    shipping: string,
    address: object,
    isGift: boolean,
    note?: string,
  ): Promise<string>
  find(id: string): Promise<{ id: string }>
  cancel(id: string): Promise<void>
}
const orders: Orders = {
  place: async (article, count) => {
    await wait(20 + Math.random() * 30)
    return `${count} of ${article}`
  },
  find: async (id) => {
    await wait(Math.random() * 8)
    return { id }
  },
  cancel: async (id) => {
    throw new RangeError(`order ${id} has been sent already`)
  },
}
const Id = z
  .string()
  .regex(/^o-\d+$/)
  .meta({ title: 'Order' })
const methods = {
  place: {
    args: z.tuple([
      z.string().min(3).meta({ title: 'Article', description: 'Its number in the catalogue.' }),
      z.int().min(1).max(99).meta({ title: 'Count' }),
      z.enum(['standard', 'express', 'pick-up']).meta({ title: 'Shipping' }),
      z.object({ street: z.string(), city: z.string(), zip: z.string().optional() }).meta({ title: 'Address' }),
      z.boolean().meta({ title: 'As a gift' }),
      z.string().max(200).optional().meta({ title: 'Note' }),
    ]),
  },
  find: { args: z.tuple([Id]) },
  cancel: { args: z.tuple([Id]) },
}
await rpc.serve('orders', orders, { version: '2.4.1', leaseMs: 10_000, methods })
await other.serve('orders', orders, { version: '2.5.0', leaseMs: 10_000, methods })
await rpc.serve('stock', { take: () => 1 }, { version: '1.9.0' })
await admin.zadd('{orders}:servers', Date.now() - 8_000, 'V1StGXR8_Z5j 10000  ')

const resize = new WriteQueue<object>(redis.url, 'resize')
const worker = new ReadQueue<object>(redis.url, 'resize', { reliable: true })
const image = (index: number) => ({ image: `cat-${index}.png`, width: 320 })
for (const [index, reason] of ['the disk is full', 'TypeError: image is <b>broken</b>', 'no answer'].entries()) {
  await resize.publish(image(index))
  await (await worker.next())?.deadLetter(reason)
}
for (let index = 3; index < 7; index++) await resize.publish(image(index))
for (let index = 7; index < 10; index++) await resize.publish(image(index), { delayMs: 600_000 })

const client = rpc.client<Orders>('orders')
let isOver = false
const calls = async (): Promise<void> => {
  for (let i = 0; !isOver; i++) {
    await client.find(`o-${i}`)
    if (i % 3 === 0) await client.place('cup', 2, 'standard', { street: 'Mill Lane', city: 'Leeds' }, false)
    if (i % 40 === 7) await client.cancel(`o-${i}`).catch(() => {})
    await wait(30 + Math.random() * 40)
  }
}
const traffic = Promise.allSettled([calls(), calls()])

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const board = await serveDashboard(redis.url, { port: 0, write: true })

const open = async (path: string, colorScheme: 'light' | 'dark', width = 1180, height = 720): Promise<Page> => {
  const page = await browser.newPage({ colorScheme, viewport: { width, height } })
  await page.goto(`${board.url}#/${path}`)
  await page.getByText('Live', { exact: true }).waitFor()
  return page
}
const fillForm = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Call place' }).click()
  await page.getByLabel('Article').fill('cup-17')
  await page.getByLabel('Count').fill('120')
  await page.getByLabel('Shipping').selectOption('express')
  await page.getByLabel('Address').fill('{ "street": "12 Byron Row", "city": "Hucknall" }')
  await page.getByLabel('As a gift').check()
  await page.getByRole('button', { name: 'Call', exact: true }).click()
  await page.getByText('It must be 99 or less.').waitFor()
}

const light = await open('services/orders', 'light', 1180, 700)
await wait(20_000)
await light.screenshot({ path: `${folder}/dashboard-light.png` })
const formPicture = async (colorScheme: 'light' | 'dark', name: string): Promise<void> => {
  const page = await open('services/orders', colorScheme, 780, 2_400)
  await fillForm(page)
  await page.locator('form').screenshot({ path: `${folder}/${name}` })
}
await formPicture('light', 'dashboard-form.png')
const dark = await open('queues/resize', 'dark', 1180, 600)
await dark.screenshot({ path: `${folder}/dashboard-dark.png` })
// To look at, not for the docs.
if (process.argv[2] !== undefined) {
  for (const [name, path] of [
    ['services', 'services'],
    ['service', 'services/orders'],
    ['queue', 'queues/resize'],
  ] as const) {
    const phone = await open(path, 'light', 390, 844)
    if (name === 'service') await fillForm(phone)
    await wait(3_000)
    await phone.screenshot({ path: `${folder}/phone-${name}.png`, fullPage: true })
  }
  await (await open('services', 'dark')).screenshot({ path: `${folder}/services-dark.png` })
  await formPicture('dark', 'form-dark.png')
}
isOver = true
await traffic
await browser.close()
await board.close()
await worker.close()
await resize.close()
admin.disconnect()
