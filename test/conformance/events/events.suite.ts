import type { RunningRedis } from '../../helpers/backends.ts'
import { needScripts } from '../../ipc/helpers.ts'
import { eventsOf } from './events.ts'
import { groupSuite } from './group.suite.ts'
import { eventReaderSuite } from './reader.suite.ts'
import { redeliverySuite } from './redelivery.suite.ts'
import { eventWriterSuite } from './writer.suite.ts'

/** The wire of redis_ipc, and what is better here than there. */
export function eventsSuite(redis: () => RunningRedis): void {
  const events = eventsOf(redis)
  describe('writer', () => eventWriterSuite(events))
  describe('reader', () => eventReaderSuite(events))
  describe('group', () => {
    beforeEach(function () {
      return needScripts.call(this, events.bench.raw)
    })
    groupSuite(events)
    redeliverySuite(events)
  })
}
