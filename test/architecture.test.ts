import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { expect } from 'chai'

const LIB = resolve(import.meta.dirname, '../lib')

/** Which rooms a room may import from, beside itself. What stands on top may see what stands below, never the reverse. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  cli: ['client', 'server', 'functions', 'ipc', 'embedded', 'link', 'wire', 'util', 'errors.ts', 'index.ts'],
  'index.ts': ['client', 'server', 'link', 'wire', 'util', 'errors.ts'],
  client: ['link', 'wire', 'util', 'errors.ts'],
  server: ['link', 'wire', 'util', 'errors.ts'],
  functions: ['link', 'wire', 'util', 'errors.ts'],
  ipc: ['link', 'wire', 'util', 'errors.ts'],
  link: ['wire', 'util', 'errors.ts'],
  wire: ['util', 'errors.ts'],
  embedded: ['util', 'errors.ts'],
  util: ['errors.ts'],
  'errors.ts': [],
}

/** Packages a room may use; what is not named here may use none but Node's own. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  embedded: ['wasmoon-lua5.1'],
  link: ['ioredis'],
  wire: ['superjson', 'nanoid'],
}

/** The one file that takes Node's timers and clocks. */
const TIMERS = join('util', 'timers.ts')

/** What test runners fake. */
const FAKEABLE =
  /(?<![.\w])(?:(?:set|clear)(?:Timeout|Immediate|Interval)|queueMicrotask)\(|\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bperformance\b|\bprocess\.(?:nextTick|hrtime|uptime)\b|\bAbortSignal\.timeout\b|\btimers\/promises\b/g

interface Import {
  readonly file: string
  readonly room: string
  readonly target: string
}

const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const imports = files.flatMap(importsOf)

describe('architecture', () => {
  it('knows every room of lib', () => {
    expect(Object.keys(ARROWS)).to.include.members([...new Set(files.map(roomOf))])
  })

  it('has imports that point one way', () => {
    const against = imports
      .filter(({ target }) => !isPackage(target))
      .filter(({ room, target }) => target !== room && !ARROWS[room]?.includes(target))
    expect(against.map(({ file, target }) => `${file} imports from ${target}`)).to.deep.equal([])
  })

  it('uses a package only in the room that wraps it', () => {
    const loose = imports
      .filter(({ target }) => isPackage(target) && !target.startsWith('pkg:node:'))
      .filter(({ room, target }) => !PACKAGES[room]?.includes(target.slice('pkg:'.length)))
    expect(loose.map(({ file, target }) => `${file} imports ${target}`)).to.deep.equal([])
  })

  it('takes timers and clocks from one place, where no test runner fakes them', () => {
    const offenders = files.filter((file) => file !== TIMERS).flatMap(fakeableUses)
    expect(offenders).to.deep.equal([])
  })

  it('finds the imports it judges', () => {
    expect(imports.length).to.be.greaterThan(files.length)
  })
})

function importsOf(file: string): Import[] {
  const text = readFileSync(join(LIB, file), 'utf8')
  const specifiers = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ]
  return specifiers.map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    const target = specifier.startsWith('.')
      ? roomOf(relative(LIB, resolve(LIB, dirname(file), specifier)))
      : `pkg:${specifier}`
    return { file, room: roomOf(file), target }
  })
}

/** The uses of timers and clocks in a file that it does not import from {@link TIMERS}. */
function fakeableUses(file: string): string[] {
  const text = readFileSync(join(LIB, file), 'utf8')
  const imported = /import \{([^}]*)\} from '[^']*\/timers\.ts'/.exec(text)?.[1] ?? ''
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  return [...code.matchAll(FAKEABLE)]
    .map(([use]) => use.replace('(', ''))
    .filter((use) => !imported.split(/[\s,]+/).includes(use))
    .map((use) => `${file} uses ${use}`)
}

function roomOf(file: string): string {
  return file.split(sep)[0] ?? file
}

function isPackage(target: string): boolean {
  return target.startsWith('pkg:')
}
