import { Context } from '../frame/context.ts'
import { Interrupt } from '../frame/interrupt.ts'
import { Output } from '../frame/output.ts'
import { candidates, type Given } from './candidates.ts'
import { type Names, namesOf } from './names.ts'

/** `redis-object-rpc __complete WORDS…`: what the last word may become, a line each. It is silent about what fails. */
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
    // Nobody asked for a complaint in the midst of a line.
  } finally {
    await context?.[Symbol.asyncDispose]()
  }
}
