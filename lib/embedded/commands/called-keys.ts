import { keyPositions } from '../catalog/key-positions.ts'
import type { CalledKey, KeySpec } from '../catalog/key-spec.ts'
import type { Engine } from '../engine/engine.ts'
import { ErrorReply } from '../resp/value.ts'

const INVALID = new ErrorReply('ERR Invalid arguments specified for command')

/**
 * The keys that a call names, and how it accesses each of them.
 * @throws ErrorReply - if it is not a valid call, or lacks a key that it needs
 */
export function keysOfCall({ commands }: Engine, argv: readonly string[]): readonly CalledKey[] {
  const command = commands.find(argv[0]!, argv[1])
  if (command === undefined) throw new ErrorReply('ERR Invalid command specified')
  const specs = (command.command.keys ?? []).filter(({ flags }) => !flags.includes('not_key'))
  if (specs.length === 0) throw new ErrorReply('ERR The command has no key arguments')
  if (!command.accepts(argv.length)) throw new ErrorReply('ERR Invalid number of arguments specified for command')
  const keys = command.command.keysOf?.(argv) ?? specified(specs, argv) ?? []
  if (keys.length === 0 && !command.has('no_mandatory_keys')) throw INVALID
  return keys
}

/**
 * The keys according to the specifications; `undefined` if the arguments do not match one of them.
 */
function specified(specs: readonly KeySpec[], argv: readonly string[]): readonly CalledKey[] | undefined {
  const keys: CalledKey[] = []
  for (const spec of specs) {
    const positions = keyPositions([spec], argv)
    if (positions === undefined) return undefined
    // A call whose number of keys is 0 is invalid.
    if (positions.length === 0 && 'keyNumIndex' in spec.find) return undefined
    for (const at of positions) keys.push({ key: argv[at]!, flags: spec.flags })
  }
  return keys
}
