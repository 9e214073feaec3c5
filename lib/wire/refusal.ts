/**
 * Which objects are plain ones, and why any other cannot be carried.
 */

/** Whether this is what plain objects inherit from, in this realm or another such as a `vm` context's. */
export function isObjectPrototype(prototype: object | null): boolean {
  return prototype === Object.prototype || (isNamed(prototype, 'Object') && Object.getPrototypeOf(prototype) === null)
}

/** Whether this is what plain arrays inherit from, in this realm or another. */
export function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || (isNamed(prototype, 'Array') && Array.isArray(prototype))
}

function isNamed(prototype: object | null, name: string): boolean {
  if (prototype === null) return false
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof made === 'function' && made.name === name && made.prototype === prototype
}

/** Why an object of an unknown class is refused, and what to do about it. */
export function whyNot(value: object): string {
  if (value instanceof Promise) return 'a promise cannot be carried; await it first'
  const made: unknown = value.constructor
  const name = typeof made === 'function' && made.name !== '' ? made.name : 'an unnamed class'
  if (BUILT_IN.has(name) && made === (globalThis as Record<string, unknown>)[name]) {
    return `${article(name)} ${name} cannot be carried; ${BUILT_IN.get(name)}`
  }
  const plain =
    typeof (value as { toJSON?: unknown }).toJSON === 'function' ? 'what its toJSON() returns' : 'plain data'
  return `an instance of ${name} cannot be carried; send ${plain}, or name the class in the option "classes" of both ends`
}

/** Built-in classes that people might try to send. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['WeakMap', 'nobody can list what is in it'],
  ['WeakSet', 'nobody can list what is in it'],
  ['WeakRef', 'send what it refers to'],
  ['SharedArrayBuffer', 'memory cannot be shared with another process; send a copy'],
  ['Number', 'send its valueOf()'],
  ['String', 'send its valueOf()'],
  ['Boolean', 'send its valueOf()'],
  ['URLSearchParams', 'send its toString()'],
  ['Object', 'it inherits from another object; send a copy of its properties'],
])

function article(name: string): string {
  return /^[AEIOU]/.test(name) ? 'an' : 'a'
}
