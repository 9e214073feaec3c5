import { keys } from '../catalog/key-spec.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR, WRONG_TYPE } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply } from '../resp/value.ts'

/** @see https://redis.io/docs/latest/commands/bitop/ */
export const bitop: Command<[operation: string, destination: string, key: string, ...more: string[]]> = {
  name: 'bitop',
  arity: -4,
  group: 'bitmap',
  since: '2.6.0',
  summary: 'Perform bitwise operations between strings',
  complexity: 'O(N)',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update', { at: 2 }), keys('RO access', { at: 3, last: -1 })],
  run({ db }, argv) {
    const [, operation, destination] = argv
    const combine = OPERATIONS[operation.toUpperCase()]
    if (combine === undefined) throw SYNTAX_ERROR
    if (combine === OPERATIONS.NOT && argv.length !== 4) {
      throw new ErrorReply('ERR BITOP NOT must be called with a single source key.')
    }
    const sources = argv.slice(3).map((key) => {
      const value = db.find(key)?.value ?? ''
      if (typeof value !== 'string') throw WRONG_TYPE
      return value
    })
    const length = sources.reduce((longest, source) => Math.max(longest, source.length), 0)
    if (length === 0) {
      db.delete(destination)
      return 0
    }
    const result = Buffer.alloc(length)
    result.write(sources[0]!, 'latin1')
    // A shorter string counts as padded with zeros.
    if (combine === OPERATIONS.NOT) combine(result, result)
    // One key after the other: the same large string named a thousand times needs memory only once.
    else for (const source of sources.slice(1)) combine(result, Buffer.from(source, 'latin1'))
    db.set(destination, result.toString('latin1')).raw = true
    db.changed(destination, EVENT.string, 'set')
    return length
  },
}

type Combine = (result: Buffer, source: Buffer) => void

const OPERATIONS: Readonly<Record<string, Combine>> = {
  AND(result, source) {
    for (let i = 0; i < source.length; i++) result[i]! &= source[i]!
    result.fill(0, source.length)
  },
  OR(result, source) {
    for (let i = 0; i < source.length; i++) result[i]! |= source[i]!
  },
  XOR(result, source) {
    for (let i = 0; i < source.length; i++) result[i]! ^= source[i]!
  },
  NOT(result) {
    for (let i = 0; i < result.length; i++) result[i] = ~result[i]!
  },
}
