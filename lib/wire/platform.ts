/**
 * Classes of the engine and of Node.js. Their content is in internal slots and private fields, so
 * an object that only has their prototype throws when it is used.
 */
import { builtInName } from './realm.ts'

/**
 * Classes that are not global, and their modules. Classes that extend one of them (streams,
 * sockets, servers) are found through it.
 */
const IN_MODULES: ReadonlyMap<string, string> = new Map([
  ['EventEmitter', 'events'],
  ['AsyncLocalStorage', 'async_hooks'],
  ['AsyncResource', 'async_hooks'],
  ['KeyObject', 'crypto'],
  ['X509Certificate', 'crypto'],
  ['BlockList', 'net'],
  ['SocketAddress', 'net'],
  ['Resolver', 'dns'],
  ['StringDecoder', 'string_decoder'],
  ['MIMEType', 'util'],
])

/** The name of the built-in class with this prototype; undefined: it is a user class. */
function platformName(prototype: object): string | undefined {
  const builtIn = builtInName(prototype)
  if (builtIn !== undefined) return builtIn
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof made !== 'function' || made.prototype !== prototype) return undefined
  const { name } = made
  // Properties that a program adds to the global object are enumerable.
  const isGlobal = Object.getOwnPropertyDescriptor(globalThis, name)?.enumerable === false
  if (isGlobal && (globalThis as Record<string, unknown>)[name] === made) return name
  const module = IN_MODULES.get(name)
  const exports = module === undefined ? undefined : process.getBuiltinModule(module)
  return (exports as Record<string, unknown> | undefined)?.[name] === made ? name : undefined
}

/**
 * The built-in class nearest to a prototype: its own, or one it inherits from; `Object` does not
 * count.
 */
export function platformClass(prototype: object): { readonly name: string; readonly prototype: object } | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const name = platformName(at)
    if (name !== undefined) return name === 'Object' && at !== prototype ? undefined : { name, prototype: at }
  }
  return undefined
}
