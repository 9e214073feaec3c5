import { inspect } from 'node:util'

/** Hooks by which NestJS begins and ends whatever it injects: calling them over there would begin and end the far one. */
export const LIFECYCLE_HOOKS: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
])

/** Names that would make the proxy look like a promise, or like something that prints itself. */
const NOT_METHODS: ReadonlySet<string> = new Set(['then', 'catch', 'finally', 'toJSON', 'inspect', ...LIFECYCLE_HOOKS])

/** How many methods are remembered, each then the same function at each look: a gateway may ask for any number of names. */
const MOST_METHODS = 1_000

type Method = (...args: unknown[]) => Promise<unknown>

const proxies = new WeakSet<object>()

/** Whether this is a {@link methodProxy}: something that is elsewhere. */
export function isMethodProxy(value: object): boolean {
  return proxies.has(value)
}

/**
 * An object on which every string name is a method that `call` carries out; a name gives the same function each time.
 * @param label what it says when it is printed
 */
export function methodProxy(label: string, call: (method: string, args: unknown[]) => Promise<unknown>): object {
  const methods = new Map<string, Method>()
  const describe = (): string => `[${label}]`
  // Node prints a proxy's target.
  const target = Object.create(null, { [inspect.custom]: { value: describe, configurable: true } }) as object
  const proxy = new Proxy(target, {
    get(_target, name) {
      // A template or a comparison would otherwise call `toString` and `valueOf` over there.
      if (name === Symbol.toPrimitive) return describe
      if (typeof name === 'symbol' || NOT_METHODS.has(name)) return undefined
      let method = methods.get(name)
      if (method === undefined) {
        method = (...args) => call(name, args)
        if (methods.size < MOST_METHODS) methods.set(name, method)
      }
      return method
    },
    set: () => false,
    has: () => false,
    ownKeys: () => [],
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
  })
  proxies.add(proxy)
  return proxy
}
