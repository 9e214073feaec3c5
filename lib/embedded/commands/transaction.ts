import { keys } from '../catalog/key-spec.ts'
import type { Command } from '../engine/command.ts'
import { call } from '../engine/execute.ts'
import { ArrayHead, ErrorReply, NO_REPLY, NULL_ARRAY, OK } from '../resp/value.ts'

/** @see https://redis.io/docs/latest/commands/multi/ */
export const multi: Command<[]> = {
  name: 'multi',
  arity: 1,
  group: 'transactions',
  since: '1.2.0',
  summary: 'Mark the start of a transaction block',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  run({ transaction }) {
    if (transaction.open) throw new ErrorReply('ERR MULTI calls can not be nested')
    transaction.open = true
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/exec/ */
export const exec: Command<[]> = {
  name: 'exec',
  arity: 1,
  group: 'transactions',
  since: '1.2.0',
  summary: 'Execute all commands issued after MULTI',
  complexity: 'Depends on commands in the transaction',
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  run(client) {
    const { transaction } = client
    if (!transaction.open) throw new ErrorReply('ERR EXEC without MULTI')
    const { queue, failed, conflicts } = transaction
    transaction.discard()
    if (failed) throw new ErrorReply('EXECABORT Transaction discarded because of previous errors.')
    if (conflicts) return NULL_ARRAY
    const couldNotBlock = client.mayNotBlock
    client.mayNotBlock = true
    // Replies that commands push on their own, such as to SUBSCRIBE, are among the replies of EXEC.
    client.reply(new ArrayHead(queue.length))
    try {
      for (const { command, argv } of queue) client.reply(call(client, command, argv))
    } finally {
      client.mayNotBlock = couldNotBlock
    }
    // Each queued command has gone to the append-only file on its own.
    client.engine.propagation.rewrite()
    return NO_REPLY
  },
}

/** @see https://redis.io/docs/latest/commands/discard/ */
export const discard: Command<[]> = {
  name: 'discard',
  arity: 1,
  group: 'transactions',
  since: '2.0.0',
  summary: 'Discard all commands issued after MULTI',
  complexity: 'O(N), when N is the number of queued commands',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  run({ transaction }) {
    if (!transaction.open) throw new ErrorReply('ERR DISCARD without MULTI')
    transaction.discard()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/watch/ */
export const watch: Command<[key: string, ...more: string[]]> = {
  name: 'watch',
  arity: -2,
  group: 'transactions',
  since: '2.2.0',
  summary: 'Watch the given keys to determine execution of the MULTI/EXEC block',
  complexity: 'O(1) for every key.',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  keys: [keys('RO', { last: -1 })],
  run({ transaction, db }, argv) {
    if (transaction.open) throw new ErrorReply('ERR WATCH inside MULTI is not allowed')
    // Watching more keys cannot undo a change that has already happened.
    if (!transaction.touched) for (const key of argv.slice(1)) transaction.watch(db, key)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/unwatch/ */
export const unwatch: Command<[]> = {
  name: 'unwatch',
  arity: 1,
  group: 'transactions',
  since: '2.2.0',
  summary: 'Forget about all watched keys',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  run({ transaction }) {
    transaction.unwatch()
    return OK
  },
}
