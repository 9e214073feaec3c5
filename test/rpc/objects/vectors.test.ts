import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type Remote } from 'redis-object-rpc'
import { describeOnEachRedis } from '../../helpers/backends.ts'
import { until } from '../../helpers/until.ts'
import { FarJobs, OBJECTS, SERVICE } from '../../wire/object-vectors.ts'

const INBOX = 'calc:rpc:V1StGXR8_Z5j'
const OWN = '{calc}:server:JJgfjfgbIgOZ'
const LIFE = 'ee863e62bff1419307cc41f0'
const NOW = 1_700_000_000_000
/** What ends that know each other say in the background, however they are used. */
const BACKGROUND = /:wake:|"name":"rpc\.(info|ask|hello|ping)"|"methods":\[|"gaplessMs":/

describeOnEachRedis('what stays where it is, as docs/protocol.md shows it', (redis) => {
  let admin: Redis
  let monitor: Redis
  let server: RedisRPCServer
  let client: Remote<FarJobs>
  let commands: string[]
  beforeEach(async () => {
    admin = new Redis(redis().url)
    monitor = await admin.monitor()
    commands = []
    monitor.on('monitor', (_time: string, args: string[]) => void commands.push(...commandTexts(args)))
    server = new RedisRPCServer(redis().url, SERVICE, new FarJobs())
    await server.start()
    client = new RedisRPCClient<FarJobs>(redis().url, SERVICE)
  })
  afterEach(async () => {
    await control(client).close()
    await server.close()
    monitor.disconnect()
    admin.disconnect()
  })

  for (const { source, run, shows = /^RPUSH /, lines } of OBJECTS) {
    it(source, async () => {
      await run(client, (command) => until(() => commands.some((text) => command.test(text))))
      const shown = (): string[] => asShown(commands.filter((text) => shows.test(text) && !BACKGROUND.test(text)))
      await until(() => shown().length >= lines.length)
      expect(shown()).to.deep.equal(lines)
    })
  }
})

/** Messages that one push happened to carry are shown as pushes of their own. */
function commandTexts([name = '', key = '', ...args]: readonly string[]): string[] {
  const command = `${name.toUpperCase()} ${key}`
  return command.startsWith('RPUSH') ? args.map((message) => `${command} ${message}`) : [[command, ...args].join(' ')]
}

/** The commands with the page's ids and times. */
function asShown(commands: readonly string[]): string[] {
  const calls: Readonly<Record<string, Numbers>> = { [INBOX]: new Numbers(40), [OWN]: new Numbers(1) }
  const lines = commands.map((command) =>
    command
      .replaceAll(/calc:rpc:[\w-]{12}/g, INBOX)
      .replaceAll(/\{calc\}:server:[\w-]{12}/g, OWN)
      .replace(/"life":"\w+"/, `"life":"${LIFE}"`)
      .replace(
        /"sent":(\d+),"deadline":(\d+)/,
        (_, sent, end) => `"sent":${NOW},"deadline":${NOW + Number(end) - sent}`,
      )
      .replace(
        /"response_queue":"(.+?)","id":(\d+)/,
        (_, list, id) => `"response_queue":"${list}","id":${calls[list]?.of(id)}`,
      )
      .replace(/^RPUSH (\S+) \{"id":(\d+)/, (_, list, id) => `RPUSH ${list} {"id":${calls[list]?.of(id)}`)
      .replace(
        /^(ZADD \S+ )\d+ \S+ (\d+) \S+ .*/,
        (_, add, lease) => `${add}${NOW + Number(lease)} V1StGXR8_Z5j ${lease} ${LIFE} 7,8`,
      )
      .replace(
        /^(ZADD \S+ )-\d+ \S+ (\d+) \S+ .*/,
        (_, add, lease) => `${add}-${NOW} V1StGXR8_Z5j ${lease} ${LIFE} 7,8`,
      ),
  )
  // A lease may have been renewed meanwhile.
  return [...new Set(lines)]
}

/** Numbers calls in the order in which they are seen. */
class Numbers {
  readonly #first: number
  readonly #known: string[] = []

  constructor(first: number) {
    this.#first = first
  }

  of(id: string): number {
    if (!this.#known.includes(id)) this.#known.push(id)
    return this.#first + this.#known.indexOf(id)
  }
}
