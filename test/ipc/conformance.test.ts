import { cacheSuite } from '../conformance/cache.suite.ts'
import { eventsSuite } from '../conformance/events.suite.ts'
import { ipcMiddlewareSuite } from '../conformance/ipc-middleware.suite.ts'
import { queueSuite } from '../conformance/queue.suite.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'

describeOnEachRedis('task queue', queueSuite)
describeOnEachRedis('cache', cacheSuite)
describeOnEachRedis('event stream', eventsSuite)
describeOnEachRedis('middleware', ipcMiddlewareSuite)
