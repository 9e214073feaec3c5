import { describeOnEachRedis } from '../helpers/backends.ts'
import { cacheSuite } from './cache/cache.suite.ts'
import { eventsSuite } from './events/events.suite.ts'
import { ipcMiddlewareSuite } from './ipc-middleware.suite.ts'
import { queueSuite } from './queue/queue.suite.ts'

describeOnEachRedis('task queue', queueSuite)
describeOnEachRedis('cache', cacheSuite)
describeOnEachRedis('event stream', eventsSuite)
describeOnEachRedis('middleware', ipcMiddlewareSuite)
