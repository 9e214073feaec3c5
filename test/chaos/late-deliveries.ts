import { setTimeout } from 'node:timers/promises'
import { control } from 'redis-object-rpc'
import type { Scenario } from './scenario.ts'
import type { Stage } from './stage.ts'
import { FOR_ALL } from './tally.ts'

/** A middle box holds what is sent to Redis, and forwards it 20 s later although its senders have long given up their connections. */
async function heldBack(side: 'clientSide' | 'serverSide', stage: Stage): Promise<void> {
  stage[side].keepPresent()
  await setTimeout(20_000)
  const { kept, delivered } = stage[side].deliverKept()
  if (kept === 0) throw new Error('nothing was held back')
  if (delivered > 0)
    throw new Error(`${delivered} of ${kept} bytes reached Redis: their connection was not ended there`)
  await setTimeout(1_000)
}

export const lateDeliveries: readonly Scenario[] = [
  { name: 'what the client sends held back for 20 s', fault: (stage) => heldBack('clientSide', stage) },
  { name: 'what the servers send held back for 20 s', fault: (stage) => heldBack('serverSide', stage) },
  {
    name: 'a server killed during a call to all of them',
    servers: 3,
    losesServer: true,
    fault: async ({ servers }, _tally, client) => {
      const timeoutMs = 5_000
      const began = performance.now()
      const ends: string[] = []
      const killing = setTimeout(200).then(() => servers[0]?.kill('SIGKILL'))
      for await (const { error } of control(client).all({ timeoutMs }).slow(FOR_ALL))
        ends.push((error as { code?: string } | undefined)?.code ?? 'answered')
      await killing
      const late = performance.now() - began - timeoutMs
      const found = ends.toSorted().join()
      if (found !== 'ERR_TIMEOUT,answered,answered' || late > 1_000)
        throw new Error(`all() gave ${found}, ${late} ms late`)
    },
  },
]
