import { keyPositions } from '../catalog/key-positions.ts'
import type { Registered } from '../catalog/registered.ts'
import { wrongArity } from '../errors.ts'
import { ErrorReply, NO_REPLY, QUEUED, type Reply } from '../resp/value.ts'
import type { Caller } from './caller.ts'
import { noteDuration } from './durations.ts'
import { errorReply } from './error-reply.ts'

/** Executes one request of a client, from its arguments to its reply. */
export function execute(client: Caller, argv: readonly string[]): void {
  const { engine } = client
  engine.begin()
  try {
    client.lastUsedAt = engine.now
    client.request = argv
    const reply = admit(client, argv)
    if (reply !== undefined) client.reply(reply)
    if (client.monitoring) engine.monitors.showOwn()
    if (client.waiter === undefined && client.postponed === undefined) client.answered()
  } finally {
    client.request = undefined
    engine.end()
  }
}

/** Checks whether the client may run this now, and runs it; `undefined` if it was postponed. */
function admit(client: Caller, argv: readonly string[]): Reply | undefined {
  const { engine, transaction } = client
  const command = engine.commands.find(argv[0]!, argv[1])
  if (command === undefined && isHttp(argv[0]!)) return hangUp(client)
  if (command === undefined || !command.accepts(argv.length)) {
    return refuse(client, command, command === undefined ? unknownCommand(client, argv) : wrongArity(command.fullName))
  }
  if (!client.authenticated && !command.has('no_auth')) {
    return refuse(client, command, new ErrorReply('NOAUTH Authentication required.'))
  }
  if (transaction.open && command.has('no_multi')) {
    return refuse(client, command, new ErrorReply('ERR Command not allowed inside a transaction'))
  }
  if (engine.writeRefusal !== undefined && isRefusedWithWrites(client, command)) {
    return refuse(client, command, engine.writeRefusal)
  }
  if (client.protocol === 2 && client.isSubscriber && !ALLOWED_WHILE_SUBSCRIBED.has(command.fullName)) {
    return refuse(client, command, notWhileSubscribed(command))
  }
  if (client.monitoring && touchesKeys(command)) {
    return refuse(client, command, new ErrorReply("ERR Replica can't interact with the keyspace"))
  }
  if (engine.pause.kind !== undefined && isHeldBack(client, command)) {
    client.postponed = argv
    return undefined
  }
  if (transaction.open && !RUN_WITHIN_MULTI.has(command.fullName)) {
    transaction.add({ command, argv })
    return QUEUED
  }
  return call(client, command, argv)
}

/**
 * Runs a command that has passed all checks. Commands of transactions and scripts run through here
 * too, so that each is counted, shown to monitors and propagated.
 */
export function call(client: Caller, command: Registered, argv: readonly string[]): Reply {
  const { engine } = client
  const dirty = engine.dirty
  const db = client.db.index
  engine.noTouch = client.noTouch
  if (client.db.preserver !== undefined && command.has('write')) preserveKeys(client, command, argv)
  client.lastCommand = command.fullName
  command.calls++
  engine.stats.commandsProcessed++
  const startedAt = engine.microseconds()
  let reply: Reply
  try {
    // A container without a subcommand never gets here: its arity asks for one.
    reply = command.command.run!(client, argv as readonly [string, ...string[]])
  } catch (error) {
    reply = errorReply(engine, command.fullName, error)
  }
  noteDuration(client, command, argv, engine.microseconds() - startedAt)
  if (reply instanceof ErrorReply) command.failedCalls++
  if (engine.monitors.size > 0 && !command.has('skip_monitor') && !command.has('admin')) {
    engine.monitors.feed(engine.clock.now(), client, command.command.conceal?.(argv) ?? argv)
  }
  engine.propagation.commandDone(db, argv, engine.dirty !== dirty)
  return reply
}

/** Commands that a transaction does not queue. */
const RUN_WITHIN_MULTI: ReadonlySet<string> = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])

const ALLOWED_WHILE_SUBSCRIBED: ReadonlySet<string> = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'unsubscribe',
  'sunsubscribe',
  'psubscribe',
  'punsubscribe',
  'quit',
  'reset',
])

/** Replies with an error to a command that does not run; an open transaction then fails. */
function refuse(client: Caller, command: Registered | undefined, error: ErrorReply): ErrorReply {
  if (client.transaction.open) client.transaction.failed = true
  if (command === undefined) return error
  command.rejectedCalls++
  if (command.fullName !== 'exec') return error
  client.transaction.discard()
  return new ErrorReply(`EXECABORT Transaction discarded because of: ${error.text.replace(/^ERR /, '')}`)
}

function notWhileSubscribed({ fullName }: Registered): ErrorReply {
  return new ErrorReply(
    `ERR Can't execute '${fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
  )
}

/** Whether CLIENT PAUSE delays this. Subscribers, and commands that end the pause, continue. */
function isHeldBack(client: Caller, command: Registered): boolean {
  if (client.transport === undefined) return false
  if (client.engine.pause.kind === 'all') return true
  if (command.fullName === 'exec') return client.transaction.queue.some((queued) => writes(queued.command))
  return writes(command)
}

/**
 * Whether this is refused while writes cannot be stored: writes, transactions with writes, and
 * PING, so that monitoring notices the problem.
 */
function isRefusedWithWrites({ transaction }: Caller, command: Registered): boolean {
  if (command.fullName === 'exec') return transaction.queue.some((queued) => queued.command.has('write'))
  return command.has('write') || command.fullName === 'ping'
}

/** Saves the keys of a write before it changes them, if a rewrite of the file is in progress. */
function preserveKeys({ db }: Caller, { command }: Registered, argv: readonly string[]): void {
  for (const position of keyPositions(command.keys ?? [], argv) ?? []) db.preserve(argv[position]!)
}

function touchesKeys(command: Registered): boolean {
  return command.has('readonly') || writes(command)
}

function writes(command: Registered): boolean {
  return command.has('write') || command.has('may_replicate')
}

/** How much of a name, and of its arguments, an error quotes. */
const QUOTED_LENGTH = 128

function unknownCommand(client: Caller, argv: readonly string[]): ErrorReply {
  const name = quotable(argv[0]!, QUOTED_LENGTH)
  if (client.engine.commands.get(argv[0]!) !== undefined) {
    const sub = quotable(argv[1]!, QUOTED_LENGTH)
    return new ErrorReply(`ERR unknown subcommand '${sub}'. Try ${argv[0]!.toUpperCase()} HELP.`)
  }
  let quoted = ''
  for (let i = 1; i < argv.length && quoted.length < QUOTED_LENGTH; i++) {
    quoted += `'${quotable(argv[i]!, QUOTED_LENGTH - quoted.length)}' `
  }
  return new ErrorReply(`ERR unknown command '${name}', with args beginning with: ${quoted}`)
}

/** The part of a text that an error shows: in Redis it is a C string, which ends at a zero byte. */
function quotable(text: string, length: number): string {
  const zero = text.indexOf('\0')
  return text.slice(0, zero === -1 ? length : Math.min(zero, length))
}

/**
 * Browsers can be made to send HTTP to this port. What follows in the body must not be executed.
 */
function isHttp(name: string): boolean {
  const word = name.toLowerCase()
  return word === 'post' || word === 'host:'
}

function hangUp(client: Caller): Reply {
  client.engine.log('warning', 'Possible SECURITY ATTACK detected: a client speaks HTTP. Connection aborted.')
  client.kill()
  return NO_REPLY
}
