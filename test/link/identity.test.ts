import { expect } from 'chai'
import { identify } from '../../lib/link/identity.ts'
import type { RedisLife } from '../../lib/link/source.ts'

const RUN_ID = 'a'.repeat(40)
const REPLICATION_ID = 'b'.repeat(40)

function node(id: string, refused: readonly string[] = []): object {
  const say = (command: string, answer: unknown) =>
    refused.includes(command) ? Promise.reject(new Error(`NOPERM ${command}`)) : Promise.resolve(answer)
  return {
    id,
    isCluster: false,
    client: () => say('client', 7),
    info: (section: string) =>
      say(section, section === 'server' ? `run_id:${RUN_ID}\r\n` : `master_replid:${REPLICATION_ID}\r\n`),
    cluster: () => say('myid', id),
  }
}

function cluster(nodes: readonly object[], slots: unknown = [[0, 16_383, ['host', 1, 'two']]]): RedisLife {
  const answers: Record<string, unknown> = { KEYSLOT: 5, SLOTS: slots }
  return {
    isCluster: true,
    nodes: () => nodes,
    cluster: (what: string) => (slots instanceof Error ? Promise.reject(slots) : Promise.resolve(answers[what])),
  } as unknown as RedisLife
}

describe('the identity of a Redis', () => {
  it('is made of what it says about itself, and of nothing where that is not allowed', async () => {
    const life = 'a'.repeat(12) + 'b'.repeat(12)
    for (const [refused, expected] of [
      [[], { life, clientId: 7 }],
      [['client'], { life, clientId: undefined }],
      [['replication'], { life: 'a'.repeat(12), clientId: 7 }],
      [['server', 'client'], { life: '', clientId: undefined }],
    ] as const) {
      const redis = node('one', refused) as RedisLife
      expect(await identify(redis, 'calc')).to.deep.equal({ ...expected, node: redis })
    }
  })

  it('is that of the node that has the key, in a cluster', async () => {
    const [one, two] = [node('one'), node('two')]
    expect(await identify(cluster([one, two]), 'calc')).to.have.property('node', two)
  })

  it('is unknown when the cluster does not say which node that is', async () => {
    const two = node('two')
    for (const redis of [
      cluster([two], new Error('NOPERM cluster')),
      cluster([two], []),
      cluster([node('one')]),
      cluster([node('two', ['myid'])]),
      cluster([]),
    ])
      expect(await identify(redis, 'calc')).to.equal(undefined)
  })
})
