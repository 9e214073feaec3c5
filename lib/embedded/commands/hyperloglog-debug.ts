import { keys } from '../catalog/key-spec.ts'
import type { Command } from '../engine/command.ts'
import { REGISTERS } from '../hyperloglog/layout.ts'
import { ErrorReply, Status } from '../resp/value.ts'
import { keep, open } from './hyperloglog.ts'

/** @see https://redis.io/docs/latest/commands/pfdebug/ */
export const pfdebug: Command<[subcommand: string, key: string]> = {
  name: 'pfdebug',
  arity: 3,
  group: 'hyperloglog',
  since: '2.8.9',
  summary: 'Internal commands for debugging HyperLogLog values',
  complexity: 'N/A',
  flags: ['write', 'denyoom', 'admin'],
  keys: [keys('RW access', { at: 2 })],
  run(client, [, word, key]) {
    const { db, engine } = client
    const log = open(db.take(key))
    if (log === undefined) throw new ErrorReply('ERR The specified key does not exist')
    switch (word.toUpperCase()) {
      case 'ENCODING':
        return new Status(log.isSparse ? 'sparse' : 'dense')
      case 'DECODE':
        if (!log.isSparse) throw new ErrorReply('ERR HLL encoding is not sparse')
        return log.describeRuns()
      case 'GETREG': {
        if (log.isSparse) engine.dirty++
        log.makeDense()
        keep(client, key, log)
        const registers = new Uint8Array(REGISTERS)
        log.mergeInto(registers)
        return [...registers]
      }
      case 'TODENSE': {
        if (!log.isSparse) return 0
        log.makeDense()
        keep(client, key, log)
        engine.dirty++
        return 1
      }
      default:
        throw new ErrorReply(`ERR Unknown PFDEBUG subcommand '${word}'`)
    }
  },
}
