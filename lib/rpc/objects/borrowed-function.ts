import { inspect } from 'node:util'

/** Creates the local proxy of a remote function. */
export function borrowedFunction(
  label: string,
  call: (args: readonly unknown[]) => Promise<unknown>,
  release: () => void,
): object {
  const proxy = (...args: unknown[]): Promise<unknown> => call(args)
  const text = `[${label}]`
  const hidden = (value: unknown): PropertyDescriptor => ({ value, configurable: false, writable: false })
  Object.defineProperties(proxy, {
    name: { value: 'remote' },
    [inspect.custom]: hidden(() => text),
    [Symbol.dispose]: hidden(release),
    [Symbol.asyncDispose]: hidden(async () => release()),
  })
  return proxy
}
