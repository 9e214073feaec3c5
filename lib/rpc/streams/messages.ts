/**
 * The messages between the two ends of a stream: pulls, the batches that answer them, and the
 * request of a reader to end.
 */

import { ProtocolError } from '../../errors.ts'
import { isRecord } from '../../util/is-object.ts'
import type { RichText } from '../../wire/codec.ts'

export const MOST_ITEMS = 10_000
/** Most bytes that one pull may ask for. */
export const MOST_BYTES: number = 16 * 1024 * 1024
/** Longest time that a pull may wait for an item, in ms. */
const LONGEST_WAIT_MS = 60_000
/** How many pulls of one stream may be unanswered. */
export const MOST_PULLS = 2

/** A request of a reader for items. */
export interface Pull {
  /** Counts the pulls of a stream, from 0. */
  readonly seq: number
  readonly maxItems: number
  /**
   * Limit of the UTF-8 size of the items and their annotations; a single larger item is sent alone.
   */
  readonly maxBytes: number
  /** If there is no item by then, the answer is empty; in ms. */
  readonly waitMs: number
}

/** The arguments of a pull. @throws ProtocolError */
export function readPull(args: readonly unknown[]): Pull {
  return {
    seq: within(args[0], 'seq', 0, Number.MAX_SAFE_INTEGER),
    maxItems: within(args[1], 'maxItems', 1, MOST_ITEMS),
    maxBytes: within(args[2], 'maxBytes', 1, MOST_BYTES),
    waitMs: within(args[3], 'waitMs', 0, LONGEST_WAIT_MS),
  }
}

function within(value: unknown, what: string, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw new ProtocolError(`the ${what} of a pull is not a whole number from ${least} to ${most}`)
}

/** How a reader ends a stream: with `return` or `throw`, like a generator. */
export type EndMode = 'return' | 'throw'

/** @throws ProtocolError */
export function readEndMode(value: unknown): EndMode {
  if (value === 'return' || value === 'throw') return value
  throw new ProtocolError('a stream is ended by "return" or "throw"')
}

/** The answer to a pull, as text: it grows item by item. */
export class BatchText {
  /** The size of the items so far. */
  bytes = 0
  private readonly items: string[] = []
  private metas = ''

  get size(): number {
    return this.items.length
  }

  add(item: EncodedItem): void {
    if (item.meta !== '') this.metas += `${this.metas === '' ? '' : ','}"${this.items.length}":${item.meta}`
    this.items.push(item.json)
    this.bytes += item.bytes
  }

  /** @param end the part after the items: see {@link doneText} */
  text(end = ''): string {
    const metas = this.metas === '' ? '' : `,"metas":{${this.metas}}`
    return `{"items":[${this.items.join(',')}]${metas}${end}}`
  }
}

/** One encoded item. */
export interface EncodedItem {
  readonly json: string
  /** Empty: it is plain JSON. */
  readonly meta: string
  readonly bytes: number
}

/** Overhead in bytes: a comma for each item, and the index of each annotation. */
const COMMA = 1
const META_KEY = 9

export function encodedItem(encoded: string | RichText): EncodedItem {
  if (typeof encoded === 'string') return { json: encoded, meta: '', bytes: Buffer.byteLength(encoded) + COMMA }
  const { json, meta } = encoded
  return { json, meta, bytes: Buffer.byteLength(json) + Buffer.byteLength(meta) + COMMA + META_KEY }
}

/** The text that ends a stream; `value` is the return value of its generator, if any. */
export function doneText(value: EncodedItem | undefined): string {
  return `,"done":true${value === undefined ? '' : valuePart(value)}`
}

/** The answer to a reader that ends a stream. */
export function endText(done: boolean, value: EncodedItem | undefined): string {
  return `{"done":${done}${value === undefined ? '' : valuePart(value)}}`
}

function valuePart({ json, meta }: EncodedItem): string {
  return `,"value":${json}${meta === '' ? '' : `,"meta":${meta}`}`
}

/** A received answer to a pull. */
export interface Batch {
  readonly items: unknown[]
  /** The annotations of items, by index. */
  readonly metas: Readonly<Record<string, unknown>> | undefined
  readonly isDone: boolean
  readonly value: unknown
  readonly meta: unknown
}

/** @param most how many items were requested. @throws ProtocolError */
export function readBatch(answer: unknown, most: number): Batch {
  const { items, metas, done, value, meta } = record(answer)
  if (!Array.isArray(items)) throw new ProtocolError('the items of a batch are not an array')
  if (items.length > most) throw new ProtocolError(`a batch has ${items.length} items, of ${most} that were asked for`)
  if (done !== undefined && typeof done !== 'boolean') throw new ProtocolError('done is not true or false')
  return { items, metas: metas === undefined ? undefined : record(metas), isDone: done === true, value, meta }
}

/** The item index of an annotation. @throws ProtocolError */
export function itemIndex(key: string, size: number): number {
  const index = Number(key)
  if (String(index) === key && Number.isInteger(index) && index >= 0 && index < size) return index
  throw new ProtocolError('an annotation of a batch belongs to none of its items')
}

/** The answer of the producer when its stream was ended. */
export interface End {
  readonly value: unknown
  readonly meta: unknown
}

/** @throws ProtocolError */
export function readEnd(answer: unknown): End {
  const { value, meta } = record(answer)
  return { value, meta }
}

/** The own fields of parsed JSON, never those of its prototype. */
function record(value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new ProtocolError('an answer of a stream is not an object')
  return Object.assign(Object.create(null) as Record<string, unknown>, value)
}
