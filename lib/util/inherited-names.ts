import type { EventEmitter } from 'node:events'

/**
 * The names that an object has because it emits events, and not because its author wrote them: they register callbacks or
 * return the object itself, and a server does not expose them.
 */
export type InheritedNames<T> = T extends EmitsEvents
  ? keyof EventEmitter
  : T extends DispatchesEvents
    ? keyof EventTarget
    : never

/** An `EventEmitter`, of whatever map of events, or what imitates one. */
interface EmitsEvents {
  on(...args: never): unknown
  once(...args: never): unknown
  emit(...args: never): unknown
  removeListener(...args: never): unknown
  listenerCount(...args: never): unknown
}

/** An `EventTarget`. */
interface DispatchesEvents {
  addEventListener(...args: never): unknown
  removeEventListener(...args: never): unknown
  dispatchEvent(...args: never): unknown
}
