/**
 * Explains why an object of an unknown class is refused, and what to do; it suggests registering
 * the class only if that would be accepted.
 */
import { isPromise } from 'node:util/types'
import { platformClass } from './platform.ts'
import { builtInName } from './realm.ts'

/** Why an object of an unknown class is refused, and what to do about it. */
export function whyNot(value: object): string {
  if (isPromise(value)) return 'a promise cannot be sent; await it first'
  const platform = platformClass(Object.getPrototypeOf(value))?.name
  const name = classNameOf(value)
  // A user class may extend a stream and still be sent as its properties.
  const problem = platform === undefined && name !== undefined ? undefined : platformProblem(value, platform, name)
  if (problem !== undefined) return problem
  const got = `an instance of ${name || 'an unnamed class'} cannot be sent`
  const plain =
    typeof (value as { toJSON?: unknown }).toJSON === 'function' ? 'what its toJSON() returns' : 'plain data'
  if (platform === undefined) {
    return `${got}; send ${plain}, or name the class in the option "classes" of both ends, or describe it in "types"`
  }
  const held = HELD.get(platform)
  if (held !== undefined) return `${got}: ${held}; send ${plain}`
  const content = `the content of ${withArticle(platform)} is not in its properties`
  return `${got}: ${content}; send ${plain}, or describe the type in the option "types" of both ends`
}

/** Undefined: it has no class of its own, like a generator. */
function classNameOf(value: object): string | undefined {
  const made: unknown = value.constructor
  return typeof made === 'function' && builtInName(made.prototype) !== 'Object' ? made.name : undefined
}

/**
 * The problem with values of the language or Node.js; `platform` is their class or one it extends.
 */
function platformProblem(value: object, platform = 'Object', name?: string): string | undefined {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
  const got = `${withArticle(tag === 'Object' ? (name ?? tag) : tag)} cannot be sent`
  if (isStream(value, platform)) {
    return `${got}: streams do not travel here; send an array of what it gives, or a part of it with each call`
  }
  if (isIterator(value)) return `${got}: iterators do not travel; send an array of what it gives`
  const advice = ADVICE.get(platform)
  return advice === undefined ? undefined : `${withArticle(platform)} cannot be sent; ${advice}`
}

function isStream(value: object, platform: string): boolean {
  const { pipe, [Symbol.asyncIterator]: each } = value as { pipe?: unknown; [Symbol.asyncIterator]?: unknown }
  return typeof each === 'function' || typeof pipe === 'function' || platform.includes('Stream')
}

function isIterator(value: object): boolean {
  const { next, [Symbol.iterator]: each } = value as { next?: unknown; [Symbol.iterator]?: unknown }
  return typeof next === 'function' && typeof each === 'function'
}

/** Built-in classes that people might try to send, and what to do instead. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['AbortSignal', 'give it to the call instead, as its option "signal"'],
  ['AbortController', 'give its signal to the call instead, as its option "signal"'],
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

/** Built-in classes that others extend, and why their instances cannot be sent. */
const HELD: ReadonlyMap<string, string> = new Map([
  ['EventEmitter', 'the listeners of an EventEmitter stay in their process'],
  ['EventTarget', 'the listeners of an EventTarget stay in their process'],
])

function withArticle(name: string): string {
  return `${/^[AEIO]|^U(?!RL)/.test(name) ? 'an' : 'a'} ${name}`
}
