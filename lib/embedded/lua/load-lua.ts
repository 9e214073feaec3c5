import { readFileSync } from 'node:fs'
// Under a name of its own: the banner by which bundles get a `require` declares `createRequire` as well.
import { createRequire as createRequireFrom } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ErrorReply } from '../resp/value.ts'
import { type WasmModule, wasm } from './web-assembly.ts'

const PACKAGE = 'wasmoon-lua5.1'
const VERSION = '1.18.10'
const FILE = 'liblua5.1.wasm'

/**
 * Reads and compiles the Lua 5.1 interpreter itself, which somebody has compiled to WebAssembly: Redis speaks Lua 5.1, and
 * this is the same C code, so numbers, patterns and error texts are the same without any bridge.
 *
 * Only the package's `.wasm` file is used, by the names of Lua's C API, and not its JavaScript: that converts values through
 * UTF-16 and hands a script the file system. Here the imports are ours, so what is not given does not exist.
 *
 * It comes from the optional package that is installed for this file or for the bundle it is part of, else from a file
 * beside it.
 * @throws ErrorReply - that says where it was looked for, or what is wrong with it
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

/** Where this file is, or the bundle it is part of: a bundler that makes CommonJS leaves `import.meta` empty. */
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
