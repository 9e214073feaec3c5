import type { Command } from 'commander'
import { act } from '../frame/action.ts'

/** `redis-object-rpc repl [SERVICE]` */
export function repl(command: Command): void {
  command.argument('[service]', 'service to call as "it"').addHelpText(
    'after',
    `
Examples:
  redis-object-rpc repl
  redis-object-rpc repl calc

At the prompt:
  await calc.add(5)                           call a method; Tab completes services and methods
  for await (const row of orders.rows()) …    read a stream
  await service('my:calc').add(5)             a service whose name is not an identifier
  .ls                                         list the services
  Ctrl-C                                      stop waiting for a call
  .exit                                       leave, as Ctrl-D does

The history is kept in ~/.redis-object-rpc_history, or in the file that REDIS_OBJECT_RPC_HISTORY names; if that is empty,
no history is kept.`,
  )
  act<[service: string | undefined], object>(
    command,
    async (context, [service]) => {
      const { converse } = await import('../repl/converse.ts')
      await converse(context, service)
    },
    { exits: true },
  )
}
