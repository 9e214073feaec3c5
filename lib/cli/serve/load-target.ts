import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../frame/usage-error.ts'

/**
 * Loads the object that a module serves: its default export, an instance of it if that is a class,
 * or else its named exports.
 * @throws UsageError when there is nothing to serve
 */
export async function loadTarget(file: string): Promise<object> {
  const exported = await load(file)
  const target = 'default' in exported ? exported.default : { ...exported }
  if (typeof target === 'function') return isClass(target) ? instantiate(file, target) : refuse(file, 'a function')
  if (typeof target === 'object' && target !== null) return target
  return refuse(file, `a ${typeof target}`)
}

async function load(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(resolve(file)).href
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A failed import within the module has the same code.
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${resolve(file)}'`))
      throw new UsageError(`there is no file ${file}`)
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') throw new UsageError(`${message}; ${LOADER_HINT}`)
    throw error
  }
}

const LOADER_HINT = 'Node runs TypeScript natively since 22.18; with an older version, set NODE_OPTIONS=--import=tsx'

function isClass(value: object): value is new () => object {
  return Function.prototype.toString.call(value).startsWith('class')
}

function instantiate(file: string, Target: new () => object): object {
  if (Target.length === 0) return new Target()
  throw new UsageError(`the class that ${file} exports needs arguments: export an instance of it instead`)
}

function refuse(file: string, what: string): never {
  throw new UsageError(`${file} exports ${what} by default: export an object, a class, or named functions`)
}
