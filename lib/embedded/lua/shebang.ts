import { ErrorReply } from '../resp/value.ts'
import { splitArguments } from '../text/arguments.ts'

const FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const
type ScriptFlag = (typeof FLAGS)[number]

/** What the first line of a script declares. */
export interface Shebang {
  /**
   * `undefined` if the script has no such line: then it has the permissions of the command that
   * runs it.
   */
  readonly flags: ReadonlySet<ScriptFlag> | undefined
  /** The script without that line, but with its line feed, so that line numbers do not change. */
  readonly code: string
}

/**
 * Reads the first line of a script, such as `#!lua flags=no-writes,allow-stale`.
 * @throws ErrorReply - if Redis would not accept the line
 */
export function readShebang(text: string): Shebang {
  if (!text.startsWith('#!')) return { flags: undefined, code: text }
  const end = text.indexOf('\n')
  if (end === -1) throw new ErrorReply('ERR Invalid script shebang')
  const [engine, ...options] = splitArguments(text.slice(0, end)) ?? []
  if (engine === undefined) throw new ErrorReply('ERR Invalid engine in script shebang')
  if (engine !== '#!lua') throw new ErrorReply(`ERR Unexpected engine in script shebang: ${engine}`)
  const flags = new Set<ScriptFlag>()
  for (const option of options) {
    if (!option.startsWith('flags=')) throw new ErrorReply(`ERR Unknown lua shebang option: ${option}`)
    const words = option.slice('flags='.length)
    for (const word of words === '' ? [] : words.split(',')) {
      const flag = FLAGS.find((known) => known === word)
      if (flag === undefined) throw new ErrorReply(`ERR Unexpected flag in script shebang: ${word}`)
      flags.add(flag)
    }
  }
  return { flags, code: text.slice(end) }
}
