import type { Argument, Command, Option } from 'commander'
import { fill, makeProgram } from '../frame/program.ts'
import type { Names } from './names.ts'

/** Words that need no quotes in a shell. Other names are not offered: a shell might split or even run them. */
const PLAIN = /^[\w.:@/+-]+$/

/**
 * Lists what the last word may be completed to.
 * @param words what was typed after the name of the program; the last word may be empty
 * @param names looks names up on Redis
 */
export async function candidates(words: readonly string[], names: (options: Given) => Names): Promise<string[]> {
  const program = makeProgram()
  const current = words.at(-1) ?? ''
  const given = await read(program, words.slice(0, -1))
  const offered = given.awaits === undefined ? await next(given, current, names) : (given.awaits.argChoices ?? [])
  const isOption = current.startsWith('-')
  return offered.filter((word) => word.startsWith(current) && PLAIN.test(word) && word.startsWith('-') === isOption)
}

/** What was typed before the word that is being completed. */
export interface Given {
  readonly command: Command
  /** The arguments of the command, so far. */
  readonly args: readonly string[]
  /** The values of options that have one, by their names. */
  readonly values: ReadonlyMap<string, string>
  /** The option whose value comes next. */
  readonly awaits: Option | undefined
}

async function read(program: Command, words: readonly string[]): Promise<Given> {
  let command = program
  let awaits: Option | undefined
  const args: string[] = []
  const values = new Map<string, string>()
  for (const word of words) {
    if (awaits !== undefined) {
      values.set(awaits.name(), word)
      awaits = undefined
    } else if (word.startsWith('-') && word.length > 1) {
      const [flag, value] = word.split('=', 2)
      const option = optionsOf(command).find(({ long, short }) => long === flag || short === flag)
      if (option?.required) {
        if (value === undefined) awaits = option
        else values.set(option.name(), value)
      }
    } else {
      const inner = command.commands.find((each) => each.name() === word)
      if (inner === undefined) args.push(word)
      else {
        command = inner
        if (inner.parent === program) await fill(inner)
      }
    }
  }
  return { command, args, values, awaits }
}

async function next(given: Given, current: string, names: (options: Given) => Names): Promise<readonly string[]> {
  const { command, args } = given
  if (current.startsWith('-')) return optionsOf(command).flatMap(({ long }) => long ?? [])
  if (command.commands.length > 0 && args.length === 0) return innerNames(command)
  const argument = command.registeredArguments[args.length]
  return argument === undefined ? [] : valuesOf(argument, args, names(given))
}

function innerNames(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name())
}

async function valuesOf(argument: Argument, [first = '']: readonly string[], names: Names): Promise<readonly string[]> {
  if (argument.argChoices !== undefined) return argument.argChoices
  if (argument.name() === 'service') return names.services()
  return argument.name() === 'method' ? names.methods(first) : []
}

/** The options of the command, and then the global ones. */
function optionsOf(command: Command): Option[] {
  const help = command.createHelp()
  const own = [...help.visibleOptions(command)]
  return command.parent === null ? own : [...own, ...help.visibleGlobalOptions(command)]
}
