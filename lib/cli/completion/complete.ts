import { Context } from '../frame/context.ts'
import { Interrupt } from '../frame/interrupt.ts'
import { Output } from '../frame/output.ts'
import { candidates, type Given } from './candidates.ts'
import { type Names, namesOf } from './names.ts'

/**
 * `redis-object-rpc __complete WORDS…`: prints the completions of the last word, one per line. It
 * reports no errors.
 */
export async function complete(words: readonly string[]): Promise<void> {
  using interrupt = new Interrupt()
  const output = new Output(process.stdout, process.stderr, interrupt)
  let context: Context | undefined
  const names = ({ values }: Given): Names => {
    context = new Context(Object.fromEntries(values), process.env, output, interrupt)
    return namesOf(context)
  }
  try {
    for (const word of await candidates(words, names)) await output.line(word)
  } catch {
    // An error message would garble the line that the user is typing.
  } finally {
    await context?.[Symbol.asyncDispose]()
  }
}
