import { mkdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '../..')
/** Below it Node finds the packages that a bundle leaves out. */
const FOLDER = join(ROOT, 'node_modules/.cache/redis-object-rpc', String(process.pid))

/** Packages of CommonJS look up Node's modules when they run. */
const REQUIRE =
  "import { createRequire as bundleRequire } from 'node:module'\nconst require = bundleRequire(import.meta.url)"

const made = new Map<string, string>()

// From the start: a test that checks that it leaves no listener behind may be the first to make a file.
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }))

/**
 * Makes one file of JavaScript of a program for Node and all that it imports, once a run of the tests: to find, read and compile
 * the modules in every process takes each of them five times as long to start.
 * @returns its path
 */
export function bundled(entry: URL): string {
  const known = made.get(entry.href)
  if (known !== undefined) return known
  mkdirSync(FOLDER, { recursive: true })
  const path = fileURLToPath(entry)
  const outfile = join(FOLDER, `${made.size}-${basename(path, '.ts')}.mjs`)
  buildSync({
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: REQUIRE },
    sourcemap: 'linked',
    logLevel: 'error',
  })
  made.set(entry.href, outfile)
  return outfile
}
