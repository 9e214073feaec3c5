import { streamsSuite } from './conformance/streams.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('a stream', streamsSuite)
