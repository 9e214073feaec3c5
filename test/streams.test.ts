import { streamsSuite } from './conformance/streams.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('a stream', streamsSuite)
