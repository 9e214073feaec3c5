import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import {
  type Arrows,
  againstArrows,
  arrowsOfFloors,
  circles,
  type ImportGraph,
  importsIn,
  isPackage,
  readImports,
  roomOf,
} from './helpers/import-graph.ts'

const ROOT = resolve(import.meta.dirname, '..')
const LIB = join(ROOT, 'lib')

/** Which rooms a room may import from, beside itself. What stands on top may see what stands below, never the reverse. */
const ARROWS: Arrows = {
  cli: [
    'context',
    'client',
    'server',
    'functions',
    'ipc',
    'dashboard',
    'inspect',
    'embedded',
    'link',
    'wire',
    'util',
    'errors.ts',
    'index.ts',
  ],
  'index.ts': ['redis-rpc.ts', 'contract.ts', 'client', 'server', 'rpc', 'chain', 'link', 'wire', 'util', 'errors.ts'],
  'contract.ts': ['client', 'server', 'link', 'util', 'errors.ts'],
  'redis-rpc.ts': ['client', 'server', 'rpc', 'chain', 'link', 'wire', 'util', 'errors.ts'],
  dashboard: ['inspect', 'redis-rpc.ts', 'client', 'rpc', 'link', 'wire', 'util', 'errors.ts'],
  inspect: ['client', 'ipc', 'rpc', 'link', 'wire', 'util', 'errors.ts'],
  middleware: ['index.ts', 'util', 'errors.ts'],
  otel: ['index.ts', 'util', 'errors.ts'],
  context: ['rpc'],
  client: ['rpc', 'chain', 'link', 'wire', 'util', 'errors.ts'],
  server: ['rpc', 'expose', 'chain', 'link', 'wire', 'util', 'errors.ts'],
  rpc: ['chain', 'expose', 'link', 'wire', 'util', 'errors.ts'],
  expose: ['wire', 'util', 'errors.ts'],
  functions: ['chain', 'link', 'wire', 'util', 'errors.ts'],
  chain: ['link', 'wire', 'util', 'errors.ts'],
  ipc: ['chain', 'link', 'wire', 'util', 'errors.ts'],
  link: ['wire', 'util', 'errors.ts'],
  wire: ['util', 'errors.ts'],
  embedded: ['util', 'errors.ts'],
  util: ['errors.ts'],
  'errors.ts': [],
}

/** The rooms of the embedded server, from the top: a room may import from those on its right and from those below. */
const EMBEDDED_FLOORS: readonly (readonly string[])[] = [
  ['index.ts', 'embedded-redis.ts', 'options.ts'],
  ['commands'],
  ['info'],
  ['net', 'lua', 'persistence'],
  ['engine', 'rdb'],
  ['clients', 'config'],
  ['keyspace', 'geo'],
  ['catalog'],
  ['data', 'hyperloglog'],
  ['errors.ts', 'resp'],
  ['text', 'telemetry'],
]
const EMBEDDED = 'embedded/'
const EMBEDDED_ARROWS = arrowsOfFloors(EMBEDDED_FLOORS)

/** Packages a room may use; what is not named here may use none but Node's own. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  cli: ['commander', 'json5'],
  embedded: ['wasmoon-lua5.1'],
  link: ['ioredis'],
  otel: ['@opentelemetry/api'],
  wire: ['superjson', 'nanoid'],
}

/** Folders of `test/` that mirror no room: what they test spans rooms, or they serve the tests. */
const OWN_FOLDERS: readonly string[] = [
  'bench',
  'chaos',
  'conformance',
  'consumer',
  'coverage',
  'docs',
  'failure',
  'fuzz',
  'helpers',
  'model',
  'overload',
  'peers',
  'smoke',
  'soak',
  'types',
  'embedded/client-libraries',
  'embedded/differential',
  'embedded/helpers',
  'embedded/memory',
  'ipc/workers',
]

/** The one file that takes Node's timers and clocks. */
const TIMERS = 'util/timers.ts'

/** What test runners fake. */
const FAKEABLE =
  /(?<![.\w])(?:(?:set|clear)(?:Timeout|Immediate|Interval)|queueMicrotask)\(|\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bperformance\b|\bprocess\.(?:nextTick|hrtime|uptime)\b|\bAbortSignal\.timeout\b|\btimers\/promises\b/g

const graph = readImports(LIB)
const files = [...graph.keys()]

describe('architecture', () => {
  it('knows every room of lib, and of the embedded server', () => {
    expect(Object.keys(ARROWS)).to.include.members([...new Set(files.map((file) => roomOf(file)))])
    const inner = files.filter((file) => file.startsWith(EMBEDDED)).map((file) => roomOf(file, EMBEDDED))
    expect(Object.keys(EMBEDDED_ARROWS)).to.have.members([...new Set(inner)])
  })

  it('has imports that point one way', () => {
    expect(againstArrows(graph, ARROWS)).to.deep.equal([])
  })

  it('has imports within the embedded server that point down its floors', () => {
    expect(againstArrows(graph, EMBEDDED_ARROWS, EMBEDDED)).to.deep.equal([])
  })

  it('has no files that import each other in a circle, types included', () => {
    expect(circles(graph)).to.deep.equal([])
  })

  it('uses a package only in the room that wraps it', () => {
    const loose = [...graph].flatMap(([file, targets]) =>
      targets
        .filter((target) => isPackage(target) && !target.startsWith('pkg:node:'))
        .filter((target) => !PACKAGES[roomOf(file)]?.includes(target.slice('pkg:'.length)))
        .map((target) => `${file} imports ${target}`),
    )
    expect(loose).to.deep.equal([])
  })

  it('takes timers and clocks from one place, where no test runner fakes them', () => {
    const offenders = files.filter((file) => file !== TIMERS).flatMap(fakeableUses)
    expect(offenders).to.deep.equal([])
  })

  it('finds the imports it judges, and only files that are there', () => {
    const within = [...graph.values()].flat().filter((target) => !isPackage(target))
    expect(within.length).to.be.greaterThan(files.length)
    expect(within.filter((target) => !graph.has(target))).to.deep.equal([])
  })

  describe('broken on purpose', () => {
    const sound: ImportGraph = new Map([
      ['embedded/engine/engine.ts', ['embedded/clients/waiters.ts', 'embedded/data/list.ts', 'util/clock.ts']],
      ['embedded/clients/waiters.ts', ['embedded/clients/client.ts']],
      ['embedded/clients/client.ts', ['util/clock.ts']],
      ['embedded/data/list.ts', []],
      ['wire/codec.ts', ['errors.ts', 'pkg:superjson']],
      ['util/clock.ts', []],
      ['errors.ts', []],
    ])

    it('passes as long as nothing is', () => {
      expect(againstArrows(sound, ARROWS)).to.deep.equal([])
      expect(againstArrows(sound, EMBEDDED_ARROWS, EMBEDDED)).to.deep.equal([])
      expect(circles(sound)).to.deep.equal([])
    })

    it('names the files of an import that points up', () => {
      const inner = withImport(sound, 'embedded/data/list.ts', "import { Engine } from '../engine/engine.ts'")
      expect(againstArrows(inner, EMBEDDED_ARROWS, EMBEDDED)).to.deep.equal([
        'embedded/data/list.ts imports embedded/engine/engine.ts',
      ])
      const outer = withImport(sound, 'util/clock.ts', "export { Codec } from '../wire/codec.ts'")
      expect(againstArrows(outer, ARROWS)).to.deep.equal(['util/clock.ts imports wire/codec.ts'])
    })

    it('names the files of a circle of types', () => {
      const broken = withImport(sound, 'embedded/clients/client.ts', "import type { Waiter } from './waiters.ts'")
      expect(circles(broken)).to.deep.equal([['embedded/clients/client.ts', 'embedded/clients/waiters.ts']])
    })
  })
})

describe('test/', () => {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  )
  const folders = [...new Set(files.map(({ parentPath }) => relative(join(ROOT, 'test'), parentPath)))].filter(
    (folder) => folder !== '',
  )

  it('has the rooms of lib/, and folders of its own that are listed here', () => {
    const isOwn = (folder: string) => OWN_FOLDERS.some((own) => folder === own || folder.startsWith(`${own}/`))
    expect(folders.filter((folder) => !existsSync(join(LIB, folder)) && !isOwn(folder))).to.deep.equal([])
    expect(OWN_FOLDERS.filter((own) => !existsSync(join(ROOT, 'test', own)))).to.deep.equal([])
  })

  it('has tests of every room of lib/', () => {
    const rooms = Object.keys(ARROWS).filter((room) => !room.endsWith('.ts'))
    expect(rooms.filter((room) => !folders.includes(room))).to.deep.equal([])
  })

  it('has beside its folders only tests of files beside the rooms, and of the whole', () => {
    const loose = readdirSync(join(ROOT, 'test')).filter((name) => name.endsWith('.test.ts'))
    const subjects = loose.map((name) => name.replace('.test.ts', ''))
    const others = subjects.filter((subject) => !existsSync(join(LIB, `${subject}.ts`)))
    expect(others).to.have.members(['architecture', 'examples'])
  })
})

for (const name of ['docs/architecture.md', '.github/CONTRIBUTING.md', '.github/SECURITY.md']) {
  it(`${name} names only files and folders that are there`, () => {
    const page = readFileSync(join(ROOT, name), 'utf8')
    const paths = [...page.matchAll(/`((?:lib|test|docs|examples)\/[\w./-]*)`/g)].map(([, path]) => path!)
    const links = [...page.matchAll(/\]\(([\w./-]+)(?:#[\w-]+)?\)/g)].map(([, path]) => join(dirname(name), path!))
    expect(paths.length + links.length).to.be.greaterThan(0)
    expect([...paths, ...links].filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([])
  })
}

describe('docs/architecture.md', () => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')

  it('maps every room', () => {
    for (const [room, targets] of Object.entries(ARROWS)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`lib/${room}\` |`))
      const imports = targets.map((target) => `\`${target}\``).join(', ') || 'nothing'
      expect(row, `the row of lib/${room}`).to.satisfy((line?: string) => line?.endsWith(` | ${imports} |`), imports)
    }
    expect(page).to.include(EMBEDDED_FLOORS.map((rooms) => rooms.join(', ')).join('\n'))
    for (const room of EMBEDDED_FLOORS.flat()) expect(page).to.include(`| \`lib/embedded/${room}`)
  })

  /** What the page says of each scene: lines of a file and a function. */
  const scenes = new Map<string, string[]>()
  for (const [, scene, table] of page.matchAll(/^<!-- trace: (\w+) -->\n([\s\S]*?)^<!-- end of trace -->$/gm)) {
    const steps = [...table!.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)].map(([, file, name]) => `${file} ${name}`)
    scenes.set(scene!, [...(scenes.get(scene!) ?? []), ...steps])
  }
  for (const [scene, steps] of scenes) {
    if (steps.length === 0) continue
    it(`traces what is called: ${scene}`, async () => {
      const script = join(ROOT, 'test/helpers/trace-process.ts')
      const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', script, scene], { cwd: ROOT })
      expect(stdout.split('\n')).to.include.members(steps)
    })
  }
})

/** The graph with one statement more in a file. */
function withImport(graph: ImportGraph, file: string, statement: string): ImportGraph {
  return new Map([...graph, [file, [...(graph.get(file) ?? []), ...importsIn(statement, file)]]])
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
