import type { Random } from '../helpers/random.ts'

/** Names that mean something on every object, or in this protocol. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'length',
  'name',
  'args',
  'id',
  'running',
  'met',
  'rpc.ask',
  'rpc.hello',
  'rpc.cancel',
  'rpc.info',
  'rpc.ping',
  'rpc.',
  'rpc.nothing',
  'echo',
  'slow',
]
const METHODS = [
  'rpc.ask',
  'rpc.hello',
  'rpc.cancel',
  'rpc.info',
  'rpc.ping',
  'rpc.x',
  'rpc.__proto__',
  '__proto__',
  'echo',
]
const NUMBERS = [0, -0, 1, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, -1e308, 999_999_999_999]
const LONGEST_TEXT = 20_000
const DEEPEST = 600

/** Values of any type, some of them huge or deep. */
export function anyValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 6 : 9)
  if (kind === 0) return null
  if (kind === 1) return random.next() < 0.5
  if (kind === 2) return random.of(NUMBERS)
  if (kind === 3) return random.of(NAMES)
  if (kind === 4) return random.below(100) === 0 ? 'x'.repeat(random.below(LONGEST_TEXT)) : newId(random)
  if (kind === 5) return random.below(1_000_000)
  if (kind === 6) return Array.from({ length: random.below(6) }, () => anyValue(random, depth + 1))
  if (kind === 7 && random.below(50) === 0) return Array.from({ length: 2_500 }, (_, n) => n)
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [random.of(NAMES), anyValue(random, depth + 1)]),
  )
}

/** 12 characters, as a server's id has them. */
export function newId(random: Random): string {
  return Array.from({ length: 12 }, () => random.of([...'abcdefghijklmnopqrstuvwxyz0123456789_-'])).join('')
}

function spoiled(text: string, random: Random): string {
  const at = random.below(text.length)
  const kind = random.below(4)
  if (kind === 0) return text.slice(0, at)
  if (kind === 1)
    return text.slice(0, at) + random.of(['"', '{', ']', '\\', '\0', '\u{1f4a5}', 'null']) + text.slice(at + 1)
  if (kind === 2) return '['.repeat(DEEPEST) + text + ']'.repeat(DEEPEST)
  return text + text
}

/** Mostly whole, sometimes broken JSON. */
function written(message: unknown, random: Random): string {
  // A literal cannot hold this key as its own.
  const text = JSON.stringify(message).replaceAll('"proto"', '"__proto__"')
  return random.below(10) === 0 ? spoiled(text, random) : text
}

/** A request for a server's own list. @param replyLists where forged ones want their replies */
export function anyRequest(random: Random, replyLists: readonly string[]): string {
  const method = random.of(METHODS)
  const known = {
    'rpc.hello': () => [random.next() < 0.8 ? newId(random) : anyValue(random)],
    'rpc.ask': () => [Array.from({ length: random.below(50) }, () => random.below(1_000_000))],
    'rpc.cancel': () => [random.of(replyLists), [random.of([-1, 2 ** 40, 0.5])]],
  }
  const args =
    random.next() < 0.6 && Object.hasOwn(known, method) ? known[method as keyof typeof known]() : anyValue(random)
  const message = {
    function_call: { name: method, args, ...(random.below(5) === 0 && { kwargs: anyValue(random) }) },
    ...(random.below(5) === 0 && { meta: anyValue(random) }),
    ...(random.below(5) === 0 && { options: anyValue(random) }),
    ...(random.below(5) === 0 && { life: anyValue(random) }),
    response_queue: random.below(5) === 0 ? anyValue(random) : random.of(replyLists),
    id: random.below(5) === 0 ? anyValue(random) : random.below(1_000_000),
    ...(random.below(5) === 0 && { sent: anyValue(random), deadline: anyValue(random) }),
  }
  return written(message, random)
}

/** A reply for a client's inbox that is no honest call's: whoever may write there and knows an id may answer. */
export function anyReply(random: Random): string {
  const id = random.of([-1, -7, 0, 0.5, 1e300, '1', null, [], {}, '__proto__', 2 ** 50])
  const message = random.of([
    { id, return_value: anyValue(random) },
    { id, exception: anyValue(random), error: anyValue(random), meta: anyValue(random) },
    { id, exception: 'x', again: anyValue(random) },
    { id, return_value: 1, meta: anyValue(random), v: anyValue(random) },
    { id, proto: anyValue(random) },
    anyValue(random),
  ])
  return written(message, random)
}

/** What a server that is none of ours answers to `rpc.ask`. */
export function anyAnswer(random: Random, asked: readonly number[]): unknown {
  const ids = (): unknown => (random.below(4) === 0 ? anyValue(random) : asked.filter(() => random.next() < 0.3))
  const ms = (): unknown => (random.below(4) === 0 ? anyValue(random) : random.of([0, -1, 1e12, 60_000]))
  return {
    running: ids(),
    answered: ids(),
    done: ids(),
    forgotten: ids(),
    reachMs: random.below(3) === 0 ? null : ms(),
    gaplessMs: ms(),
    settlesMs: ms(),
    met:
      random.below(4) === 0
        ? anyValue(random)
        : Array.from({ length: random.below(30) }, () => [newId(random), ms(), ms()]),
  }
}

/** A member for the table of servers, mostly of one that is none. */
export function anyMember(random: Random): string {
  if (random.below(3) === 0) return String(random.of([...NAMES, '', 'x'.repeat(500), JSON.stringify(anyValue(random))]))
  const numbers = random.of(['', '1', '1,2', '1,2,3,4,5,6,7,8', '99999999999999999999', '-1', 'a'])
  return `${newId(random)} ${random.of([0, 1_000, 5_000, -1, 'x'])} ${random.of(['', 'abc123', 'xyz'])} ${numbers}`
}
