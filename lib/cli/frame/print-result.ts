import type { ServerReply } from '../../index.ts'
import { offAbort, onAbort } from '../../util/abort.ts'
import type { Context } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { failureJson, failureLine, failureOf } from './failure.ts'
import { nameText } from './safe-text.ts'
import { streamOf } from './stream-of.ts'
import { UsageError } from './usage-error.ts'
import { jsonText, valueText } from './value-text.ts'

/** Prints the result of a method. A stream is printed item by item. @param asItems whether an array is, too */
export async function printResult(context: Context, result: unknown, asItems: boolean): Promise<void> {
  const stream = streamOf(result)
  if (stream !== undefined) return printStream(context, stream)
  if (!asItems) return context.output.line(context.json ? jsonText(result) : valueText(result, context.output.columns))
  if (!Array.isArray(result))
    throw new UsageError('the method returned a single value, neither a stream nor an array; leave out --stream')
  for (const item of result) await context.output.line(jsonText(item))
}

/** Prints the answer of each server; resolves with the exit code. */
export async function printReplies(context: Context, replies: AsyncIterable<ServerReply<unknown>>): Promise<number> {
  const codes = new Set<number>()
  for await (const reply of replies) {
    const [text, code] = replyText(context, reply)
    codes.add(code)
    await context.output.line(text)
  }
  if (codes.size > 0) return Math.max(...codes)
  context.output.note('no server has answered; "redis-object-rpc ls" lists the services')
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

/** Prints items as they arrive. At the end, and when interrupted, it ends the stream at its server. */
async function printStream({ output, signal }: Context, stream: AsyncIterator<unknown>): Promise<void> {
  // Without this, an interrupt would only be noticed at the next item.
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
