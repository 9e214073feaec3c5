import { keys } from '../catalog/key-spec.ts'
import { Stream } from '../data/stream.ts'
import type { Command } from '../engine/command.ts'
import { NO_SUCH_KEY, SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, OK } from '../resp/value.ts'
import { bigInteger } from './parse.ts'
import { changedBeside, exactId } from './stream-parse.ts'

/** @see https://redis.io/docs/latest/commands/xsetid/ */
export const xsetid: Command<[key: string, lastId: string, ...options: string[]]> = {
  name: 'xsetid',
  arity: -3,
  group: 'stream',
  since: '5.0.0',
  summary: 'An internal command for replicating stream values',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run(client, argv) {
    const [, key, idText] = argv
    const id = exactId(idText)
    let entriesAdded: bigint | undefined
    let maxDeletedId = 0n
    for (let at = 3; at < argv.length; at += 2) {
      const word = argv[at]!.toUpperCase()
      const value = argv[at + 1]
      if (word === 'ENTRIESADDED' && value !== undefined) {
        entriesAdded = bigInteger(value)
        if (entriesAdded < 0n) throw new ErrorReply('ERR entries_added must be positive')
      } else if (word === 'MAXDELETEDID' && value !== undefined) {
        maxDeletedId = exactId(value)
        if (id < maxDeletedId) throw smallerThan('provided max_deleted_entry_id')
      } else throw SYNTAX_ERROR
    }
    const stream = client.db.takeAs(key, Stream)
    if (stream === undefined) throw NO_SUCH_KEY
    if (stream.length > 0) {
      if (id < stream.topId) throw smallerThan('target stream top item')
      if (entriesAdded !== undefined && entriesAdded < BigInt(stream.length)) {
        throw new ErrorReply('ERR The entries_added specified in XSETID is smaller than the target stream length')
      }
    }
    stream.lastId = id
    stream.entriesAdded = entriesAdded ?? stream.entriesAdded
    if (maxDeletedId !== 0n) stream.maxDeletedId = maxDeletedId
    changedBeside(client, key, 'xsetid')
    return OK
  },
}

function smallerThan(what: string): ErrorReply {
  return new ErrorReply(`ERR The ID specified in XSETID is smaller than the ${what}`)
}
