import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '../..')
/** Below it Node finds the packages that a bundle leaves out. */
const FOLDER = join(ROOT, 'node_modules/.cache/redis-object-rpc', String(process.pid))

/** Packages of CommonJS look up Node's modules when they run. */
const REQUIRE =
  "import { createRequire as bundleRequire } from 'node:module'\nconst require = bundleRequire(import.meta.url)"

/** Coverage is that of the sources, so then a program is run from them. */
const IS_MEASURED = process.env.NODE_V8_COVERAGE !== undefined

const OPTIONS: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: REQUIRE },
  sourcemap: 'linked',
  logLevel: 'error',
}

const made = new Map<string, string>()

// From the start: a test that checks that it leaves no listener behind may be the first to make a file.
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }))

/**
 * Makes one file of JavaScript of a program for Node and all that it imports, once a run of the tests: to find, read and compile
 * the modules in every process takes each of them five times as long to start.
 * @returns its path
 */
export function bundled(entry: URL): string {
  return once(entry.href, () => {
    const path = fileURLToPath(entry)
    const outfile = join(FOLDER, `${made.size}-${basename(path, '.ts')}.mjs`)
    if (IS_MEASURED) {
      mkdirSync(FOLDER, { recursive: true })
      writeFileSync(outfile, `import 'tsx'\nawait import(${JSON.stringify(entry.href)})\n`)
    } else buildSync({ ...OPTIONS, entryPoints: [path], outfile })
    return outfile
  })
}

/**
 * The same of the library, for programs that are run from their sources, by tsx.
 * @returns the path of a `tsconfig.json` in which the names of the package are those of the bundles: a value of `TSX_TSCONFIG_PATH`
 */
export function bundledLibrary(): string {
  return once('library', () => {
    const outdir = join(FOLDER, 'library')
    const config = join(ROOT, 'tsconfig.json')
    if (IS_MEASURED) return config
    const { paths }: { paths: Record<string, [string]> } = JSON.parse(readFileSync(config, 'utf8')).compilerOptions
    buildSync({
      ...OPTIONS,
      entryPoints: Object.values(paths).map(([path]) => resolve(ROOT, path)),
      outbase: join(ROOT, 'lib'),
      outdir,
      outExtension: { '.js': '.mjs' },
      splitting: true,
      // At each start tsx reads it all, and the map of a source.
      minify: true,
      sourcemap: false,
      // There has to be one of it in a process.
      external: ['@opentelemetry/api'],
    })
    for (const targets of Object.values(paths)) {
      targets[0] = targets[0].replace('./lib', outdir).replace(/\.ts$/, '.mjs')
    }
    const file = join(outdir, 'tsconfig.json')
    writeFileSync(file, JSON.stringify({ extends: config, compilerOptions: { paths } }))
    return file
  })
}

/** Makes it unless it was made by this process. */
function once(what: string, make: () => string): string {
  const known = made.get(what)
  if (known !== undefined) return known
  const path = make()
  made.set(what, path)
  return path
}
