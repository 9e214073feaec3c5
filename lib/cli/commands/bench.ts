import { type Command, InvalidArgumentError } from 'commander'
import { Load } from '../bench/load.ts'
import { type Measured, reportJson, reportLines } from '../bench/report.ts'
import { act } from '../frame/action.ts'
import type { Context } from '../frame/context.ts'
import { EXIT_CODES } from '../frame/exit-codes.ts'
import { Progress } from '../frame/progress.ts'
import { safeJson } from '../frame/safe-text.ts'
import { callArguments, count, duration, pair, timeout } from '../frame/values.ts'

interface Options {
  readonly inFlight: number
  readonly duration?: number
  readonly requests?: number
  readonly warmUp?: number
  readonly args?: string
  readonly timeout: number
  readonly metadata?: Readonly<Record<string, string>>
}

const DURATION_MS = 5_000
const WARM_UP_MS = 500
/** --timeout may be too short to connect in: it is for the calls. */
const PING_MS = 5_000
const LONGEST_MS = 86_400_000
const MOST_IN_FLIGHT = 10_000

/** `redis-object-rpc bench SERVICE METHOD ARGS…` */
export function bench(command: Command): void {
  command
    .argument('<service>', 'name of the service')
    .argument('<method>', 'name of the method, such as add or users.find')
    .argument('[args...]', 'the arguments, each as JSON5')
    .option('-c, --in-flight <n>', 'how many calls to keep in flight', callsInFlight, 10)
    .option('-d, --duration <time>', 'how long to make calls (default: 5s, or no limit with --requests)', atLeast1Ms)
    .option('-n, --requests <n>', 'how many calls to make', count)
    .option(
      '--warm-up <time>',
      'how long to make calls before measuring (default: 500ms, or 0 with --requests)',
      atMost24Hours,
    )
    .option('--args <file>', 'read all arguments from a file that contains a JSON5 array; - reads standard input')
    .addOption(timeout('how long to wait for each answer', '10s'))
    .option('-m, --metadata <key=value>', 'metadata for the context of the method; can be repeated', pair)
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc bench calc add 5
  redis-object-rpc bench calc add 5 --in-flight 100 --duration 30s
  redis-object-rpc bench users find '{name: "Ada"}' --requests 1000 --json | jq .latencyMs.p99

Warning: this runs the method for real, thousands of times. Do not use it on a method that sends mail or deletes data.

Failed calls are counted by error code and do not end the run; the exit code is then 1. Latencies and calls/s count the
calls that succeeded. A stream counts as one call, which ends with its last item.`,
    )
  act<[service: string, method: string, words: string[]], Options>(command, async (context, words, options) => {
    const [service, method, args] = [words[0], words[1], await callArguments(words[2], options.args)]
    const { inFlight, requests, timeout: timeoutMs, metadata } = options
    const { signal, output, json } = context
    const { control } = await import('../../index.ts')
    const client = (await context.rpc()).client(service, context.clientOptions)
    // It connects, and fails if there is no such service.
    await control(client).ping({ timeoutMs: PING_MS, signal })
    const calls = control(control(client).with({ timeoutMs, signal, ...(metadata && { metadata }) }))
    const call = (): Promise<unknown> => calls.call(method, ...args)

    const unlimited = Number.POSITIVE_INFINITY
    const isTimed = requests === undefined
    const { warmUp = isTimed ? WARM_UP_MS : 0, duration: durationMs = isTimed ? DURATION_MS : unlimited } = options
    const warmUpLoad = new Load({ inFlight, signal, durationMs: warmUp, requests: unlimited }, call)
    if (warmUp > 0) await run(context, warmUpLoad, 'warming up')
    const load = new Load({ inFlight, signal, durationMs, requests: requests ?? unlimited }, call)
    await run(context, load)

    const { tally, elapsedMs } = load
    const measured: Measured = { service, method, inFlight, elapsedMs, tally }
    for (const line of json ? [safeJson(reportJson(measured))] : reportLines(measured)) await output.line(line)
    if (signal.aborted) return undefined
    if (tally.succeeded + tally.failed === 0)
      output.note('no call has ended: a stream only counts if it ends by itself')
    return tally.succeeded > 0 && tally.failed === 0 ? EXIT_CODES.ok : EXIT_CODES.failed
  })
}

/** @param text is shown instead of how many calls there were */
async function run(context: Context, load: Load, text?: string): Promise<void> {
  using _progress = new Progress(context, () => ({ ...load.advance, ...(text !== undefined && { text }) }))
  await load.run()
}

function callsInFlight(word: string): number {
  const n = count(word)
  if (n <= MOST_IN_FLIGHT) return n
  throw new InvalidArgumentError(`Write a whole number from 1 to ${MOST_IN_FLIGHT}.`)
}

function atLeast1Ms(word: string): number {
  const ms = atMost24Hours(word)
  if (ms > 0) return ms
  throw new InvalidArgumentError('Write a time from 1ms to 24h.')
}

function atMost24Hours(word: string): number {
  const ms = duration(word)
  if (ms <= LONGEST_MS) return ms
  throw new InvalidArgumentError('Write a time of at most 24h.')
}
