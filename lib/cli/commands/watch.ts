import type { Command } from 'commander'
import type { CallRecord, WatchOptions } from '../../index.ts'
import { act } from '../frame/action.ts'
import { callLine } from '../frame/call-line.ts'
import type { Context } from '../frame/context.ts'
import { oneLine, safeJson } from '../frame/safe-text.ts'
import { count, duration } from '../frame/values.ts'

interface Options {
  readonly method?: string
  readonly failed?: boolean
  readonly slowerThan?: number
  readonly count?: number
}

/** `redis-object-rpc watch SERVICE` */
export function watch(command: Command): void {
  command
    .argument('<service>', 'name of the service')
    .option('--method <name>', 'only calls of this method, or reads and writes of this property')
    .option('--failed', 'only calls that did not succeed')
    .option('--slower-than <time>', 'only calls that ran for at least this long', duration)
    .option('--count <n>', 'stop after this many lines', count)
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc watch calc
  redis-object-rpc watch calc --failed
  redis-object-rpc watch calc --method users.find --slower-than 100ms
  redis-object-rpc watch calc --json | jq -r 'select(.outcome == "error").error.message'

Prints the calls of all servers of the service as they end: the time, the outcome, how long the method ran, the method,
and the caller. If there are too many calls to show, it prints a sample: a line that ends with "x12" represents 12 calls.`,
    )
  act<[service: string], Options>(command, async (context, [service], { count: most = Infinity, ...options }) => {
    const { control, isRpcError } = await import('../../index.ts')
    const calls = control((await context.rpc()).client(service, context.clientOptions))
    const { signal, output } = context
    const servers = await calls.servers({ signal })
    const [who, what] = [oneLine(service), servers.length === 1 ? '1 server' : `${servers.length} servers`]
    output.note(
      servers.length === 0
        ? `no server of ${who} is there yet; waiting for one (Ctrl-C ends this)`
        : `watching ${what} of ${who} (Ctrl-C ends this)`,
    )
    try {
      await print(context, calls.watch({ ...selection(options), signal }), most)
    } catch (error) {
      if (!isRpcError(error) || error.code !== 'ERR_METHOD_NOT_FOUND') throw error
      throw new Error(`the servers of ${who} do not let anybody watch: they have exposeReports: false, or are too old`)
    }
  })
}

function selection({ method, failed, slowerThan }: Options): WatchOptions {
  return {
    ...(method !== undefined && { method }),
    ...(failed !== undefined && { failed }),
    ...(slowerThan !== undefined && { minDurationMs: slowerThan }),
  }
}

async function print({ json, output }: Context, records: AsyncIterable<CallRecord>, most: number): Promise<void> {
  let [printed, isSampled] = [0, false]
  for await (const record of records) {
    if (record.sampled > 1 && !isSampled) {
      isSampled = true
      output.note('there are more calls than are shown: "x12" after a line means that it represents 12 calls')
    }
    await output.line(json ? safeJson(JSON.stringify(record)) : callLine(record))
    if (++printed >= most) return
  }
}
