import { Argument, type Command } from 'commander'
import { SCRIPTS } from '../completion/scripts.ts'
import { act } from '../frame/action.ts'

/** `redis-object-rpc completion SHELL` */
export function completion(command: Command): void {
  command.addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SCRIPTS))).addHelpText(
    'after',
    `
Examples:
  eval "$(redis-object-rpc completion bash)"                        for this shell; put it into ~/.bashrc for all
  redis-object-rpc completion zsh > ~/.zfunc/_redis-object-rpc      in a folder of your $fpath`,
  )
  act<[shell: string], object>(command, async (context, [shell]) => context.output.line(SCRIPTS[shell]!))
}
