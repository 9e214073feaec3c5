import { AppendOnlyFileError } from '../../errors.ts'
import type { Engine } from '../engine/engine.ts'
import { BadPayload } from '../rdb/bad-payload.ts'
import { type FileEntry, RDB_MAGIC, RdbFileReader } from '../rdb/file-reader.ts'
import { valueLimits } from '../rdb/limits.ts'
import type { OpenFile } from './file-system.ts'

/** Bytes that are read at a time. The keys in them are loaded before other work gets its turn. */
const CHUNK_BYTES = 256 * 1024

/**
 * Loads the RDB file with which an append-only file of Redis may begin (`aof-use-rdb-preamble`).
 * @returns the length of the RDB file in bytes; 0 if there is none
 * @throws AppendOnlyFileError - if it is damaged or cut off, or contains something this server does
 * not support
 */
export async function loadPreamble(engine: Engine, file: OpenFile, path: string): Promise<number> {
  const size = await file.size()
  const reader = new RdbFileReader(valueLimits(engine.config))
  for (let at = 0; at < size; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at))
    const count = await file.read(chunk, at)
    if (count === 0) break
    if (at === 0 && chunk.toString('latin1', 0, RDB_MAGIC.length) !== RDB_MAGIC) return 0
    at += count
    reader.push(chunk.subarray(0, count))
    try {
      if (addEntries(engine, reader, at === size)) return reader.offset
    } catch (error) {
      if (!(error instanceof BadPayload)) throw error
      throw new AppendOnlyFileError(path, reader.offset, `the RDB file it begins with cannot be read: ${error.problem}`)
    }
  }
  return 0
}

/** Adds the keys that are complete; returns true at the end of the RDB file. */
function addEntries(engine: Engine, reader: RdbFileReader, isAll: boolean): boolean {
  engine.loading = true
  engine.begin()
  // Nothing expires while the file is loaded: the commands after the preamble may still change the
  // key.
  engine.now = 0
  try {
    for (let part = reader.next(isAll); part !== undefined; part = reader.next(isAll)) {
      if (part === 'end') return true
      addEntry(engine, part)
    }
    return false
  } finally {
    engine.end()
    engine.loading = false
  }
}

function addEntry({ databases }: Engine, { db: index, key, value, expiresAt }: FileEntry): void {
  const db = databases[index]
  if (db === undefined) throw new BadPayload(`there is no database ${index}`)
  if (db.has(key)) throw new BadPayload('it has a key twice')
  const entry = db.add(key, value)
  if (expiresAt !== -1) db.expireAt(entry, expiresAt)
}
