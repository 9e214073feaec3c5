import { readFileSync } from 'node:fs'
// Imported under another name: the banner by which bundlers provide `require` declares
// `createRequire` as well.
import { createRequire as createRequireFrom } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ErrorReply } from '../resp/value.ts'
import { type WasmModule, wasm } from './web-assembly.ts'

const PACKAGE = 'wasmoon-lua5.1'
const VERSION = '1.18.10'
const FILE = 'liblua5.1.wasm'

/**
 * Reads and compiles the Lua 5.1 interpreter itself, in a build for WebAssembly. Redis runs Lua
 * 5.1, and this is the same C code, so numbers, patterns and error texts are the same.
 *
 * Only the package's `.wasm` file is used, through the names of Lua's C API. The package's
 * JavaScript is not used: it converts values through UTF-16 and gives scripts access to the file
 * system. Here all imports are ours, so scripts have access to nothing else.
 *
 * The `.wasm` file comes from the optional package that is installed for this file, or for the
 * bundle that contains it; otherwise from a file next to it.
 * @throws ErrorReply - that says where it was looked for, or why it cannot be used
 */
export function loadLua(): WasmModule {
  const base = thisFile()
  const path = base === undefined ? undefined : (installedFor(base) ?? join(dirname(base), FILE))
  try {
    if (path !== undefined) return new wasm.Module(readFileSync(path))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new ErrorReply(`ERR Scripts need ${path}, which cannot be used: ${message}`)
  }
  throw new ErrorReply(
    `ERR Scripts need the optional package '${PACKAGE}', which is not found from ${base ?? 'this bundle'}: ` +
      `npm install ${PACKAGE}@${VERSION}, or put its dist/${FILE} beside the program's file`,
  )
}

/**
 * Where this file, or the bundle that contains it, is: a bundler that makes CommonJS leaves
 * `import.meta` empty.
 */
function thisFile(): string | undefined {
  const { url } = import.meta as { readonly url?: string }
  if (url?.startsWith('file:')) return fileURLToPath(url)
  return typeof __filename === 'string' && isAbsolute(__filename) ? __filename : undefined
}

function installedFor(file: string): string | undefined {
  try {
    return createRequireFrom(file).resolve(`${PACKAGE}/dist/${FILE}`)
  } catch {
    return undefined
  }
}
