/** Names that would make the proxy look like a promise, or like something that prints itself. */
const NOT_METHODS: ReadonlySet<string> = new Set(['then', 'catch', 'finally', 'toJSON', 'inspect'])

const describe = (): string => '[remote object]'

/** How many methods are remembered, each then the same function at each look: a gateway may ask for any number of names. */
const MOST_METHODS = 1_000

type Method = (...args: unknown[]) => Promise<unknown>

/** An object on which every string name is a method that `call` carries out; a name gives the same function each time. */
export function methodProxy(call: (method: string, args: unknown[]) => Promise<unknown>): object {
  const methods = new Map<string, Method>()
  return new Proxy(Object.create(null) as object, {
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
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
  })
}
