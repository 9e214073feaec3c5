import type { ServerReply } from '../../index.ts'
import { offAbort, onAbort } from '../../util/abort.ts'
import type { Context } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { failureJson, failureLine, failureOf } from './failure.ts'
import { nameText } from './safe-text.ts'
import { streamOf } from './stream-of.ts'
import { UsageError } from './usage-error.ts'
import { jsonText, valueText } from './value-text.ts'

/** Prints what a method has returned: a stream item by item, all else at once. @param asItems whether an array is printed so, too */
export async function printResult(context: Context, result: unknown, asItems: boolean): Promise<void> {
  const stream = streamOf(result)
  if (stream !== undefined) return printStream(context, stream)
  if (!asItems) return context.output.line(context.json ? jsonText(result) : valueText(result, context.output.columns))
  if (!Array.isArray(result))
    throw new UsageError('the method has returned one value and no stream: leave out --stream')
  for (const item of result) await context.output.line(jsonText(item))
}

/** Prints what each server has answered; resolves with the exit code. */
export async function printReplies(context: Context, replies: AsyncIterable<ServerReply<unknown>>): Promise<number> {
  const codes = new Set<number>()
  for await (const reply of replies) {
    const [text, code] = replyText(context, reply)
    codes.add(code)
    await context.output.line(text)
  }
  if (codes.size > 0) return Math.max(...codes)
  context.output.note('no server has answered; "redis-object-rpc ls" lists the services that are there')
  return EXIT_CODES.noServer
}

function replyText({ json, output }: Context, { server, value, error }: ServerReply<unknown>): [string, number] {
  const id = nameText(server)
  if (error === undefined) {
    const text = json
      ? `{"server":${JSON.stringify(id)},"value":${jsonText(value)}}`
      : `${id}  ${valueText(value, output.columns)}`
    return [text, EXIT_CODES.ok]
  }
  const failure = failureOf(error)
  const text = json
    ? `{"server":${JSON.stringify(id)},${failureJson(failure).slice(1)}`
    : `${id}  ${failureLine(failure)}`
  return [text, EXIT_CODES.failed]
}

/** Prints items as they come. Leaving ends the stream where it comes from. */
async function printStream({ output, signal }: Context, stream: AsyncIterator<unknown>): Promise<void> {
  // A loop would wait for the next item first.
  const ending = { aborted: () => void stream.return?.().catch(() => {}) }
  onAbort(signal, ending)
  try {
    for (let step = await stream.next(); step.done !== true && !signal.aborted; step = await stream.next()) {
      await output.line(jsonText(step.value))
    }
  } finally {
    offAbort(signal, ending)
    await stream.return?.()
  }
}
