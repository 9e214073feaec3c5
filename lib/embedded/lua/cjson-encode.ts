import { formatDigits } from '../text/numbers.ts'
import type { JsonConfig } from './cjson-config.ts'
import { type Pointer, TYPE } from './module.ts'
import type { LuaVm } from './vm.ts'
import { Volume } from './volume.ts'

const TYPE_NAMES = [
  'nil',
  'boolean',
  'userdata',
  'number',
  'string',
  'table',
  'function',
  'userdata',
  'thread',
] as const

/** Writes the value on top of the stack as JSON, as `cjson.encode` does. */
export function encodeJson(vm: LuaVm, L: Pointer, config: JsonConfig): string {
  const { api } = vm
  const volume = new Volume(vm, L, 'JSON')
  return encode(0)

  function encode(depth: number): string {
    const type = api.lua_type(L, -1)
    volume.add(type === TYPE.string ? api.lua_objlen(L, -1) : 0)
    switch (type) {
      case TYPE.string:
        return quote(vm.string(L, -1)!)
      case TYPE.number:
        return number(-1)
      case TYPE.boolean:
        return api.lua_toboolean(L, -1) !== 0 ? 'true' : 'false'
      case TYPE.nil:
        return 'null'
      case TYPE.table:
        return table(depth + 1)
      case TYPE.lightUserdata:
        if (api.lua_touserdata(L, -1) === 0) return 'null'
    }
    return refuse(-1, 'type not supported')
  }

  function table(depth: number): string {
    if (depth > config.encodeMaxDepth || api.lua_checkstack(L, 4) === 0) {
      return vm.fail(L, `Cannot serialise, excessive nesting (${depth})`)
    }
    const length = arrayLength()
    const parts: string[] = []
    if (length > 0) {
      for (let i = 1; i <= length; i++) {
        api.lua_rawgeti(L, -1, i)
        parts.push(encode(depth))
        api.lua_settop(L, -2)
      }
      return `[${parts.join(',')}]`
    }
    api.lua_pushnil(L)
    while (api.lua_next(L, -2) !== 0) {
      parts.push(`${key()}:${encode(depth)}`)
      api.lua_settop(L, -2)
    }
    return `{${parts.join(',')}}`
  }

  function key(): string {
    const type = api.lua_type(L, -2)
    if (type === TYPE.string) return quote(vm.string(L, -2)!)
    if (type === TYPE.number) return `"${number(-2)}"`
    return refuse(-2, 'table key must be a number or string')
  }

  /**
   * The largest index of the table on top of the stack: 0 if it is empty, -1 if it is not an array.
   */
  function arrayLength(): number {
    let max = 0
    let items = 0
    api.lua_pushnil(L)
    while (api.lua_next(L, -2) !== 0) {
      api.lua_settop(L, -2)
      const index = api.lua_type(L, -1) === TYPE.number ? api.lua_tonumber(L, -1) : 0
      if (!(index >= 1) || Math.floor(index) !== index) {
        api.lua_settop(L, -2)
        return -1
      }
      max = Math.max(max, index)
      items++
    }
    const { sparseRatio, sparseSafe, sparseConvert } = config
    if (sparseRatio > 0 && max > items * sparseRatio && max > sparseSafe) {
      return sparseConvert ? -1 : refuse(-1, 'excessively sparse array')
    }
    return max
  }

  function number(index: number): string {
    const value = api.lua_tonumber(L, index)
    // A fast path for the numbers in nearly all JSON.
    if (Number.isSafeInteger(value) && Math.abs(value) < 10 ** config.precision && value !== 0) return String(value)
    if (Number.isFinite(value)) return formatDigits(value, config.precision)
    if (config.encodeInvalid === 0) return refuse(index, 'must not be NaN or Inf')
    if (config.encodeInvalid === 2) return 'null'
    return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  }

  function refuse(index: number, reason: string): never {
    return vm.fail(L, `Cannot serialise ${TYPE_NAMES[api.lua_type(L, index)]}: ${reason}`)
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be escaped
const MUST_ESCAPE = /[\x00-\x1f"\\/\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be escaped
const ALL_TO_ESCAPE = /[\x00-\x1f"\\/\x7f]/g
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quote(text: string): string {
  if (!MUST_ESCAPE.test(text)) return `"${text}"`
  const escaped = text.replace(
    ALL_TO_ESCAPE,
    (char) => ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${escaped}"`
}
