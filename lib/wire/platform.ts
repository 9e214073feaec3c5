/**
 * Classes of the engine and of Node.js. They keep their content in internal slots and private fields: an instance made
 * with the prototype alone has none, and throws when it is used.
 */
import { builtInName } from './realm.ts'

/** Classes that no global names, and where they are. What extends one of them (streams, sockets, servers) is found through it. */
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

/** The name of the class of the platform that has this prototype; undefined: it is somebody's own. */
function platformName(prototype: object): string | undefined {
  const builtIn = builtInName(prototype)
  if (builtIn !== undefined) return builtIn
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof made !== 'function' || made.prototype !== prototype) return undefined
  const { name } = made
  // What a program puts on the global object itself is enumerable.
  const isGlobal = Object.getOwnPropertyDescriptor(globalThis, name)?.enumerable === false
  if (isGlobal && (globalThis as Record<string, unknown>)[name] === made) return name
  const module = IN_MODULES.get(name)
  const exports = module === undefined ? undefined : process.getBuiltinModule(module)
  return (exports as Record<string, unknown> | undefined)?.[name] === made ? name : undefined
}

/** The class of the platform nearest to a prototype: its own, or one it inherits from; `Object` is none. */
export function platformClass(prototype: object): { readonly name: string; readonly prototype: object } | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const name = platformName(at)
    if (name !== undefined) return name === 'Object' && at !== prototype ? undefined : { name, prototype: at }
  }
  return undefined
}
