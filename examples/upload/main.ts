/** Uploads a file as an argument of a method, on an embedded Redis or on `REDIS_URL`. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Files } from './files.ts'

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)
const server = new RedisRPCServer(REDIS_URL, 'files', new Files())
await server.start()
const files = new RedisRPCClient<Files>(REDIS_URL, 'files')

const directory = await mkdtemp(join(tmpdir(), 'upload-'))
const path = join(directory, 'poem.txt')
const text = 'Tyger Tyger, burning bright,\nIn the forests of the night;\n'.repeat(50_000)
await writeFile(path, text)

// A file, a request or any other stream of Node is an async iterable. The call has as long as the upload may take.
const stored = await control(files).with({ timeoutMs: 60_000 }).store('poem.txt', createReadStream(path))
console.log(`stored ${stored.name}: ${stored.bytes} bytes`)
console.log(`hashes are equal: ${stored.sha256 === createHash('sha256').update(text).digest('hex')}`)

// Streams go both ways: the lines of the file there, and back.
let lines = 0
for await (const line of files.capitals(createInterface({ input: createReadStream(path) }))) {
  if (lines < 2) console.log(line)
  lines++
}
console.log(`${lines} lines`)

await rm(directory, { recursive: true })
await control(files).close()
await server.close()
await embedded?.close()
