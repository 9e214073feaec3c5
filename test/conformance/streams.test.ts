import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { streamsSuite } from './streams/streams.suite.ts'

describeLeavingNothing('a stream', streamsSuite)
