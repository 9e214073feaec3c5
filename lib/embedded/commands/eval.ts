import { countedKeys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Argv, Command } from '../engine/command.ts'
import { NOT_AN_INTEGER } from '../errors.ts'
import { type Scripting, scriptingOf } from '../lua/scripting.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { parseInteger } from '../text/numbers.ts'

type Arguments = [script: string, keyCount: string, ...keysAndArguments: string[]]
type Find = (scripting: Scripting, textOrSha: string) => ReturnType<Scripting['find']>

const READ_WRITE = 'We cannot tell how the keys will be used so we assume the worst, RW and UPDATE'
const READ_ONLY = 'We cannot tell how the keys will be used so we assume the worst, RO and ACCESS'

/** @see https://redis.io/docs/latest/commands/eval/ */
export const evalCommand: Command<Arguments> = {
  name: 'eval',
  arity: -3,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Execute a Lua script server side',
  complexity: 'Depends on the script that is executed.',
  flags: ['noscript', 'stale', 'skip_monitor', 'may_replicate', 'no_mandatory_keys'],
  keys: [countedKeys('RW access update', { at: 2, notes: READ_WRITE })],
  run: (client, argv) => run(client, argv, byText, false),
}

/** @see https://redis.io/docs/latest/commands/evalsha/ */
export const evalsha: Command<Arguments> = {
  name: 'evalsha',
  arity: -3,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Execute a Lua script server side',
  complexity: 'Depends on the script that is executed.',
  flags: ['noscript', 'stale', 'skip_monitor', 'may_replicate', 'no_mandatory_keys'],
  keys: [countedKeys('RW access update', { at: 2 })],
  run: (client, argv) => run(client, argv, bySha, false),
}

/** @see https://redis.io/docs/latest/commands/eval_ro/ */
export const eval_ro: Command<Arguments> = {
  name: 'eval_ro',
  arity: -3,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Execute a read-only Lua script server side',
  complexity: 'Depends on the script that is executed.',
  flags: ['readonly', 'noscript', 'stale', 'skip_monitor', 'no_mandatory_keys'],
  keys: [countedKeys('RO access', { at: 2, notes: READ_ONLY })],
  run: (client, argv) => run(client, argv, byText, true),
}

/** @see https://redis.io/docs/latest/commands/evalsha_ro/ */
export const evalsha_ro: Command<Arguments> = {
  name: 'evalsha_ro',
  arity: -3,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Execute a read-only Lua script server side',
  complexity: 'Depends on the script that is executed.',
  flags: ['readonly', 'noscript', 'stale', 'skip_monitor', 'no_mandatory_keys'],
  keys: [countedKeys('RO access', { at: 2 })],
  run: (client, argv) => run(client, argv, bySha, true),
}

const byText: Find = (scripting, text) => scripting.load(text)
const bySha: Find = (scripting, sha) => scripting.find(sha)

function run(client: Caller, argv: Argv<Arguments>, find: Find, readOnly: boolean): Reply {
  const { engine } = client
  // Monitors see the script before the commands that it calls.
  if (engine.monitors.size > 0) engine.monitors.feed(engine.clock.now(), client, argv)
  const scripting = scriptingOf(engine)
  if (find === bySha && argv[1].length !== 40) return find(scripting, argv[1]).sha
  const keyCount = parseInteger(argv[2])
  if (keyCount === undefined) throw NOT_AN_INTEGER
  if (keyCount > argv.length - 3) throw new ErrorReply("ERR Number of keys can't be greater than number of args")
  if (keyCount < 0) throw new ErrorReply("ERR Number of keys can't be negative")
  const script = find(scripting, argv[1])
  try {
    return scripting.run(client, script, argv.slice(3, 3 + keyCount), argv.slice(3 + keyCount), readOnly)
  } finally {
    // Each command that the script called has been propagated on its own.
    engine.propagation.rewrite()
  }
}
