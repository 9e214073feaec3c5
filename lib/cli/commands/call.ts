import type { Command } from 'commander'
import type { CallOptions, ServerReply } from '../../index.ts'
import { isLocalName } from '../../util/local-names.ts'
import { act } from '../frame/action.ts'
import { UsageError } from '../frame/usage-error.ts'
import { callArguments, pair, timeout } from '../frame/values.ts'

interface Options {
  readonly args?: string
  readonly timeout: number
  readonly stream?: boolean
  readonly notify?: boolean
  readonly all?: boolean
  readonly metadata?: Readonly<Record<string, string>>
}

/** `redis-object-rpc call SERVICE METHOD ARGS…` */
export function call(command: Command): void {
  command
    .argument('<service>', 'name of the service')
    .argument('<method>', 'name of the method, such as add or users.find')
    .argument('[args...]', 'the arguments, each as JSON5')
    .option('--args <file>', 'read all arguments from a file that contains a JSON5 array; - reads standard input')
    .addOption(timeout('how long to wait for the answer, or for the first item', '30s'))
    .option('--stream', 'print each item of an array as a line of JSON; streams are always printed this way')
    .option('--notify', 'return once Redis has the request, without waiting for an answer')
    .option('--all', 'call every server of the service, and print each answer')
    .option('-m, --metadata <key=value>', 'metadata for the context of the method; can be repeated', pair)
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc call calc add 5
  redis-object-rpc call users find '{name: "Ada"}' --json | jq .id
  redis-object-rpc call reports build '"2026"' --timeout 10m --metadata tenant=acme
  redis-object-rpc call orders since 2020 --stream | head -n 3
  echo '[1, 2]' | redis-object-rpc call calc sum --args -

JSON5 is JSON that allows unquoted keys and single-quoted strings. Ctrl-C also ends a stream at the server.`,
    )
  act<[service: string, method: string, words: string[]], Options>(command, async (context, words, options) => {
    const [service, method, args] = [words[0], words[1], await callArguments(words[2], options.args)]
    const { control } = await import('../../index.ts')
    const callOptions: CallOptions = {
      timeoutMs: options.timeout,
      signal: context.signal,
      ...(options.metadata && { metadata: options.metadata }),
    }
    const client = (await context.rpc()).client(service, context.clientOptions)
    const calls = control(control(client).with(callOptions))
    const { printReplies, printResult } = await import('../frame/print-result.ts')
    if (options.all) return printReplies(context, member<Each>(calls.all(callOptions), method)(...args))
    if (options.notify) return member<Tell>(calls.notify, method)(...args)
    return printResult(context, await calls.call(method, ...args), options.stream === true)
  })
}

type Each = (...args: unknown[]) => AsyncIterable<ServerReply<unknown>>
type Tell = (...args: unknown[]) => Promise<void>

/** The method with this dotted name. */
function member<F>(methods: object, path: string): F {
  const found = path.split('.').reduce<unknown>((place, name) => {
    if (isLocalName(name))
      throw new UsageError(`--all and --notify cannot call ${name}, which is a member of every object`)
    return (place as Record<string, unknown>)[name]
  }, methods)
  return found as F
}
