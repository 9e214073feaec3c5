import type { RunningRedis } from '../../helpers/backends.ts'
import { needScripts } from '../../ipc/helpers.ts'
import { acknowledgementSuite } from './acknowledgement.suite.ts'
import { deadLettersSuite } from './dead-letters.suite.ts'
import { leaseSuite } from './lease.suite.ts'
import { plainReaderSuite } from './plain.suite.ts'
import { queuesOf } from './queues.ts'
import { readerSuite } from './reader.suite.ts'
import { writerSuite } from './writer.suite.ts'

/** The wire of redis_ipc, and what is better here than there. */
export function queueSuite(redis: () => RunningRedis): void {
  const queues = queuesOf(redis)
  describe('writer', () => writerSuite(queues))
  for (const kind of ['plain reader', 'reliable reader'] as const) describe(kind, () => readerSuite(queues, kind))
  describe('plain reader', () => plainReaderSuite(queues))
  describe('reliable reader', () => {
    beforeEach(function () {
      return needScripts.call(this, queues.bench.raw)
    })
    acknowledgementSuite(queues)
    deadLettersSuite(queues)
    leaseSuite(queues)
  })
}
