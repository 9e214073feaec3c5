/**
 * Binary values: their bytes as base64, elements little-endian, whatever the machine.
 */
import { types } from 'node:util'
import { builtInName } from './realm.ts'

interface BinaryKind {
  readonly prototype: object
  /** Bytes of one element. */
  readonly elementBytes: number
  /** A value over the whole of a fresh buffer. */
  readonly over: (buffer: ArrayBuffer) => object
}

type ViewConstructor = (new (
  buffer: ArrayBuffer,
) => ArrayBufferView) & {
  readonly prototype: object
  readonly BYTES_PER_ELEMENT?: number
}

const KINDS: Map<string, BinaryKind> = new Map([
  ['Buffer', { prototype: Buffer.prototype, elementBytes: 1, over: (buffer) => Buffer.from(buffer) }],
  ['ArrayBuffer', { prototype: ArrayBuffer.prototype, elementBytes: 1, over: (buffer) => buffer }],
])
for (const name of [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float16Array', // where the engine has it
  'Float32Array',
  'Float64Array',
  'BigUint64Array',
  'BigInt64Array',
  'DataView',
]) {
  const View = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name]
  if (View === undefined) continue
  const { prototype, BYTES_PER_ELEMENT: elementBytes = 1 } = View
  KINDS.set(name, { prototype, elementBytes, over: (buffer) => new View(buffer) })
}

const NAMES: ReadonlyMap<object, string> = new Map(Array.from(KINDS, ([name, { prototype }]) => [prototype, name]))
const BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0

/** The names of all binary kinds of this engine. */
export const BINARY_KINDS: readonly string[] = [...KINDS.keys()]

/** The kind of values with this prototype, of any realm; undefined: not binary. */
export function binaryKindOf(prototype: object): string | undefined {
  const name = NAMES.get(prototype) ?? builtInName(prototype)
  return name !== undefined && KINDS.has(name) ? name : undefined
}

/** The kind of a value; undefined: not binary. */
export function binaryKind(value: object): string | undefined {
  const hasBytes = ArrayBuffer.isView(value) || types.isArrayBuffer(value)
  return hasBytes ? binaryKindOf(Object.getPrototypeOf(value) as object) : undefined
}

/** Why a binary value cannot be encoded; undefined if it can. */
export function binaryProblem(value: object): string | undefined {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  if (types.isSharedArrayBuffer(buffer)) return 'shared memory cannot be shared with another process; send a copy'
  if (!types.isArrayBuffer(buffer)) return 'is not what its prototype says it is'
  if (buffer === value && (buffer as { resizable?: boolean }).resizable) {
    return 'a resizable ArrayBuffer would arrive with a fixed length; send a copy'
  }
  return undefined
}

/** How many characters the encoded bytes take; 0 if the value is not binary. */
export function base64Length(value: object): number {
  const { byteLength = 0 } = value as { readonly byteLength?: number }
  return Math.ceil(byteLength / 3) * 4
}

/** Base64 of the bytes of a value. */
export function bytesToText(value: object, kind: string): string {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value as ArrayBuffer)
  const { elementBytes } = KINDS.get(kind) as BinaryKind
  return (BIG_ENDIAN && elementBytes > 1 ? swap(Buffer.from(bytes), elementBytes) : bytes).toString('base64')
}

/**
 * Creates a value of a kind with these bytes, in new memory; undefined if the text is not valid
 * base64 for it.
 */
export function textToBytes(text: string, kind: string): object | undefined {
  const found = KINDS.get(kind)
  if (found === undefined || text.length % 4 !== 0) return undefined
  const length = (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
  if (length % found.elementBytes !== 0) return undefined
  const buffer = new ArrayBuffer(length)
  const bytes = Buffer.from(buffer)
  // Fewer bytes than expected: there were characters that are not base64.
  if (bytes.write(text, 'base64') !== length) return undefined
  if (BIG_ENDIAN) swap(bytes, found.elementBytes)
  return found.over(buffer)
}

function swap(bytes: Buffer, elementBytes: number): Buffer {
  if (elementBytes === 2) return bytes.swap16()
  if (elementBytes === 4) return bytes.swap32()
  return elementBytes === 8 ? bytes.swap64() : bytes
}
