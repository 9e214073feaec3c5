import { splitArguments } from '../../../lib/embedded/text/arguments.ts'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'
import { same } from './both.ts'
import { TwoServers } from './two-servers.ts'

/**
 * What several clients do, a line each: `2 GET key` is a command of client 2, in the form of an inline command.
 * `2~ …` has no reply of its own to wait for: it blocks, or is not answered. `2! …` is sent as it stands, escapes read.
 * `2. ` says that client 2 has sent its last.
 */
export type Session = string

interface Step {
  readonly client: number
  readonly bytes: string
  readonly waits: boolean
  readonly ends: boolean
}

/** Everything that each client was sent, from a server on that port. */
export async function play(port: number, session: Session): Promise<readonly string[]> {
  const steps = session
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parse)
  const onlooker = await RawClient.connect(port)
  await onlooker.call('FLUSHALL')
  const clients = new Map<number, RawClient>()
  const told = new Map<number, string>()
  for (const { client: index, bytes, waits, ends } of steps) {
    const client = clients.get(index) ?? (await RawClient.connect(port))
    clients.set(index, client)
    if (ends) client.end()
    else client.write(bytes)
    if (waits) told.set(index, (told.get(index) ?? '') + (await client.reply().catch(() => '<closed>')))
    // What was not answered has been read when this is.
    else await onlooker.call('PING')
  }
  await onlooker.close()
  const ends = [...clients].map(async ([index, client]) => {
    client.end()
    const rest = await client.untilClosed()
    return [index, (told.get(index) ?? '') + rest] as const
  })
  const all = await Promise.all(ends)
  return all.sort(([a], [b]) => a - b).map(([index, text]) => `${index}: ${text}`)
}

function parse(line: string): Step {
  const match = /^([0-9])([~!.]?) ?(.*)$/.exec(line)
  if (match === null) throw new Error(`not a step: ${line}`)
  const [, client, mark, rest = ''] = match
  const argv = splitArguments(mark === '!' ? `"${rest.replaceAll('"', '\\"')}"` : rest)
  if (argv === undefined) throw new Error(`not arguments: ${rest}`)
  const bytes = mark === '!' ? argv[0]! : encodeCommand(argv)
  return { client: Number(client), bytes, waits: mark === '', ends: mark === '.' }
}

/** Declares a test for each session: what its clients are sent is the same as from a real Redis. */
export function sessionsSuite(title: string, sessions: Readonly<Record<string, Session>>): void {
  describe(`${title}, compared with Redis`, () => {
    const two = new TwoServers(['--enable-debug-command', 'yes'])

    for (const [name, session] of Object.entries(sessions)) {
      it(name, async () => {
        const [ours, theirs] = await Promise.all(two.ports.map((port) => play(port, session)))
        for (const [client, text] of theirs!.entries())
          same(`client ${client + 1}`, normalize(ours![client]!), normalize(text))
      })
    }
  })
}

/** Makes equal what differs between any two servers. */
export function normalize(text: string): string {
  return text
    .replace(/\r\nid\r\n:[0-9]+\r\n/g, '\r\nid\r\n:<id>\r\n')
    .replace(/port\r\n\$[0-9]\r\n[0-9]+/g, 'port\r\n<port>')
    .replace(/[0-9]{10}\.[0-9]{6} \[([0-9]+) [^\]]+\]/g, '<time> [$1 <address>]')
}
