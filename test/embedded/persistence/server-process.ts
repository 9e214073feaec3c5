/** Runs the embedded server on the file that is named; tells its port, and is killed. */
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'

const [path = '', fsync = 'always'] = process.argv.slice(2)
const server = await EmbeddedRedis.start({
  appendOnlyFile: path,
  fsync: fsync as 'always',
  rewriteMinBytes: 100_000,
})
console.log(server.port)
