import type { EventEmitter } from 'node:events'

/**
 * The names that an object inherits because it emits events. They register callbacks or return the
 * object itself, and a server does not expose them.
 */
export type InheritedNames<T> = T extends EmitsEvents
  ? keyof EventEmitter
  : T extends DispatchesEvents
    ? keyof EventTarget
    : never

/** An `EventEmitter` with any map of events, or something that imitates one. */
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
