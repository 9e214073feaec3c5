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
    .argument('<method>', 'name of the method; a dot leads into a namespace')
    .argument('[args...]', 'the arguments, each as JSON5')
    .option('--args <file>', 'read the arguments from a file that holds an array of them as JSON5; -: standard input')
    .addOption(timeout('how long to wait for the answer, or for the first item', '30s'))
    .option('--stream', 'print the items of a stream or an array, one a line, as JSON (a stream: also without this)')
    .option('--notify', 'wait until Redis has the request, not for an answer')
    .option('--all', 'have every server of the service run it, and print the answer of each')
    .option('-m, --metadata <key=value>', 'what the method finds in its context; may be repeated', pair)
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc call calc add 5
  redis-object-rpc call users find '{name: "Ada"}' --json | jq .id
  redis-object-rpc call reports build '"2026"' --timeout 10m --metadata tenant=acme
  redis-object-rpc call orders since 2020 --stream | head -n 3
  echo '[1, 2]' | redis-object-rpc call calc sum --args -

JSON5 is JSON whose keys need no quotes and whose texts may have single ones. Ctrl-C ends a stream at the server, too.`,
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

/** The method that a dotted name leads to. */
function member<F>(methods: object, path: string): F {
  const found = path.split('.').reduce<unknown>((place, name) => {
    if (isLocalName(name))
      throw new UsageError(`${name} means something on every object, so --all and --notify cannot call it`)
    return (place as Record<string, unknown>)[name]
  }, methods)
  return found as F
}
