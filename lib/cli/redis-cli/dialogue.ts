import { createInterface } from 'node:readline'
import { splitArguments } from '../../embedded/text/arguments.ts'
import { type Session, type SessionOutput, toBytes } from './session.ts'

const HELP = `Type a command of Redis, such as: set greeting "hello\\n"
Separate words by spaces; "..." may contain \\n, \\t, \\" and \\x41, '...' only \\'.
A number before a command repeats it. SUBSCRIBE and MONITOR run until Ctrl-C.
To leave: quit, exit or Ctrl-D.
`

/** Home and clear, for a terminal. */
const CLEAR = '\x1b[H\x1b[2J'

/** Runs one line of a dialogue; false ends the dialogue. */
async function carryOut(session: Session, output: SessionOutput, line: string): Promise<boolean> {
  const argv = splitArguments(line)
  if (argv === undefined) {
    output.write('Invalid argument(s)\n')
    return true
  }
  const word = argv[0]?.toLowerCase()
  if (word === undefined) return true
  if (word === 'quit' || word === 'exit') return false
  if (word === ':set' && argv.length === 2 && /^(no)?hints$/i.test(argv[1]!)) return true
  if (word.startsWith(':')) output.write(`unknown redis-cli internal command '${argv[0]}'\n`)
  else if (word === 'clear' && argv.length === 1) output.write(CLEAR)
  else if (word === 'help' || word === '?') output.write(HELP)
  else await repeat(session, output, argv)
  return true
}

/** Runs a command, as often as the number before it. */
async function repeat(session: Session, output: SessionOutput, argv: readonly string[]): Promise<void> {
  const counted = argv.length > 1 && /^[+-]?\d+$/.test(argv[0]!)
  const times = counted ? Number(argv[0]) : 1
  if (times <= 0) {
    output.write('Invalid redis-cli repeat command option value.\n')
    return
  }
  const command = counted ? argv.slice(1) : argv
  for (let i = 0; i < times; i++) if ((await session.run(command)) === 'failed') return
}

/** Runs the lines that another program writes. */
export async function runScript(session: Session, output: SessionOutput, input: NodeJS.ReadableStream): Promise<void> {
  await session.connect()
  input.setEncoding('latin1')
  let rest = ''
  for await (const chunk of input) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!(await carryOut(session, output, line))) return
  }
  await carryOut(session, output, rest)
}

/** Runs commands that a user types at a terminal. The arrow keys recall earlier lines. */
export async function converse(
  session: Session,
  output: SessionOutput,
  keyboard: NodeJS.ReadableStream,
  screen: NodeJS.WritableStream,
): Promise<void> {
  const terminal = createInterface({
    input: keyboard,
    output: screen,
    terminal: true,
    historySize: 1000,
    removeHistoryDuplicates: true,
  })
  let streaming = false
  // At the prompt Ctrl-C leaves, as in redis-cli; while messages come it goes back to the prompt.
  terminal.on('SIGINT', () => (streaming ? session.interrupt() : terminal.close()))
  const ask = (): void => {
    terminal.setPrompt(session.prompt)
    terminal.prompt()
  }
  await session.connect()
  ask()
  for await (const line of terminal) {
    streaming = true
    const goesOn = await carryOut(session, output, toBytes(line))
    streaming = false
    if (!goesOn) break
    ask()
  }
  terminal.close()
}
