import { expect } from 'chai'
import { RawClient } from '../helpers/raw-client.ts'
import { needReferenceRedis } from '../helpers/reference-redis.ts'
import { type Argv, Both } from './both.ts'

/** Clients that wait for streams, and what others do meanwhile. */
interface Scene {
  readonly before: readonly string[]
  /** One client each, in the order in which they come. */
  readonly waiting: readonly string[]
  readonly meanwhile: readonly string[]
}

const READ = 'XREAD BLOCK 0 STREAMS x $'
const GROUP = 'XREADGROUP GROUP g alice BLOCK 0 STREAMS x >'
const SCENES: Readonly<Record<string, Scene>> = {
  'an entry comes for all readers': { before: [], waiting: [READ, READ], meanwhile: ['XADD x 1-1 f v'] },
  'an entry comes for the first of a group': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: [GROUP, GROUP.replace('alice', 'bob')],
    meanwhile: ['XADD x 1-1 f v', 'XINFO STREAM x', 'XPENDING x g'],
  },
  'two entries come in a transaction': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: [GROUP, GROUP.replace('alice', 'bob'), READ],
    meanwhile: ['MULTI', 'XADD x 1-1 f v', 'XADD x 1-2 f v', 'EXEC', 'XADD x 1-3 f v', 'XPENDING x g'],
  },
  'an entry comes and goes in a transaction': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: [READ, GROUP],
    meanwhile: ['MULTI', 'XADD x 1-1 f v', 'XDEL x 1-1', 'EXEC', 'XINFO CONSUMERS x g'],
  },
  'an entry comes that is not new to the reader': {
    before: ['XADD x 1-1 f v'],
    waiting: ['XREAD BLOCK 0 STREAMS x 5-0'],
    meanwhile: ['XADD x 2-0 f v', 'XADD x 5-0 f v', 'XADD x 5-1 f v'],
  },
  'the id goes back without an entry': {
    before: ['XADD x 1-1 f v', 'XADD x 2-1 f v', 'XGROUP CREATE x g $'],
    waiting: [GROUP],
    meanwhile: ['XGROUP SETID x g 0', 'XDEL x 1-1', 'EXPIRE x 1000', 'XTRIM x MAXLEN 5', 'XACK x g 1-1'],
  },
  'the id goes back and an entry comes': {
    before: ['XADD x 1-1 f v', 'XGROUP CREATE x g $'],
    waiting: [GROUP],
    meanwhile: ['XGROUP SETID x g 0', 'XADD x 3-1 f v'],
  },
  'its group goes': {
    before: ['XGROUP CREATE x g $ MKSTREAM', 'XGROUP CREATE x h $'],
    waiting: [GROUP, GROUP.replace(' g ', ' h '), READ],
    meanwhile: ['XGROUP DESTROY x g'],
  },
  'its group goes and comes back': {
    before: ['XADD x 1-1 f v', 'XGROUP CREATE x g $'],
    waiting: [GROUP],
    meanwhile: ['MULTI', 'XGROUP DESTROY x g', 'XGROUP CREATE x g 0', 'EXEC'],
  },
  'the stream goes': { before: ['XGROUP CREATE x g $ MKSTREAM'], waiting: [GROUP, READ], meanwhile: ['DEL x'] },
  'the stream expires': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: [GROUP, READ],
    meanwhile: ['PEXPIREAT x 1'],
  },
  'everything goes': { before: ['XGROUP CREATE x g $ MKSTREAM'], waiting: [GROUP, READ], meanwhile: ['FLUSHALL'] },
  'the key becomes a string': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: [READ, GROUP],
    meanwhile: ['SET x v', 'DEL x', 'XADD x 1-1 f v'],
  },
  'the stream goes and comes back without the group': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: [GROUP],
    meanwhile: ['MULTI', 'DEL x', 'XADD x 1-1 f v', 'EXEC'],
  },
  'another stream takes its name': {
    before: ['XADD y 1-1 f v', 'XADD z 1-1 f v'],
    waiting: [READ, READ.replace(' x ', ' z ')],
    meanwhile: ['RENAME y x', 'COPY x z REPLACE'],
  },
  'it waits for several streams': {
    before: ['XADD y 5-1 f v'],
    waiting: ['XREAD COUNT 1 BLOCK 0 STREAMS x y x 1-0 $ 3-0'],
    meanwhile: ['XADD x 1-0 f v', 'XADD y 5-2 f v', 'XADD y 5-3 f v'],
  },
  'nothing is to be acknowledged': {
    before: ['XGROUP CREATE x g $ MKSTREAM'],
    waiting: ['XREADGROUP GROUP g alice NOACK BLOCK 0 STREAMS x >'],
    meanwhile: ['XADD x 1-1 f v', 'XPENDING x g', 'XINFO GROUPS x'],
  },
  'a transaction may not wait': { before: [], waiting: [], meanwhile: ['MULTI', 'XREAD BLOCK 0 STREAMS x $', 'EXEC'] },
}

describe('clients that wait for streams, compared with Redis', () => {
  let both: Both
  before(async function () {
    needReferenceRedis.call(this)
    both = await Both.start()
  })
  after(() => both?.[Symbol.asyncDispose]())

  for (const [title, scene] of Object.entries(SCENES)) {
    for (const protocol of ['2', '3']) {
      it(`${title}, in RESP${protocol}`, async () => {
        const [embedded, real] = await Promise.all(both.ports.map((port) => play(port, protocol, scene)))
        expect(embedded).to.deep.equal(real)
      })
    }
  }
})

/** Everything that the clients of a scene are told; a client that still waits in the end is told so then. */
async function play(port: number, protocol: string, scene: Scene): Promise<string[]> {
  const told: string[] = []
  const actor = await open(port, protocol)
  await actor.call('FLUSHALL')
  for (const line of scene.before) told.push(await actor.call(...words(line)))
  const waiting: { readonly client: RawClient; readonly id: string }[] = []
  for (const line of scene.waiting) {
    const client = await open(port, protocol)
    const id = (await client.call('CLIENT', 'ID')).slice(1, -2)
    client.send(...words(line))
    waiting.push({ client, id })
    await untilBlocked(actor, waiting.length)
  }
  for (const line of scene.meanwhile) told.push(await actor.call(...words(line)))
  for (const { client, id } of waiting) {
    told.push(await actor.call('CLIENT', 'UNBLOCK', id))
    told.push(await client.reply())
    await client.close()
  }
  await actor.close()
  return told.map((reply) => reply.replace(/(idle\r\n:)\d+/g, '$1some'))
}

async function open(port: number, protocol: string): Promise<RawClient> {
  const client = await RawClient.connect(port)
  await client.call('HELLO', protocol)
  return client
}

async function untilBlocked(actor: RawClient, count: number): Promise<void> {
  while (!(await actor.call('INFO', 'clients')).includes(`blocked_clients:${count}\r\n`));
}

function words(line: string): Argv {
  return line.split(' ')
}
