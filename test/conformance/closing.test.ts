import { describeOnEachRedis } from '../helpers/backends.ts'
import { closingSuite } from './closing.suite.ts'

describeOnEachRedis('closing while it starts', closingSuite)
