import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'

interface Place {
  readonly start: { readonly line: number; readonly column: number }
}

/** A file as Istanbul's format describes it, as far as it is read here. */
export interface FileCoverage {
  readonly path: string
  /** How often each line ran. */
  readonly s: Readonly<Record<string, number>>
  readonly branchMap: Readonly<Record<string, { readonly locations: readonly Place[] }>>
  readonly b: Readonly<Record<string, readonly number[]>>
  readonly fnMap: Readonly<Record<string, { readonly name: string }>>
  readonly f: Readonly<Record<string, number>>
}

interface Share {
  covered: number
  total: number
}

export type Figures = Readonly<Record<'lines' | 'branches' | 'functions', Share>>

/** Whether a file is gone once its types are. */
export function isTypesOnly(path: string): boolean {
  return transformSync(readFileSync(path, 'utf8'), { loader: 'ts' }).code.trim() === ''
}

/** What ran of each room; the files beside the rooms count as one, and so does the embedded server. */
export function figuresByRoom(files: ReadonlyMap<string, FileCoverage>): Map<string, Figures> {
  const rooms = new Map<string, Figures>()
  for (const [name, file] of [...files].sort(([a], [b]) => a.localeCompare(b))) {
    const room = name.includes('/') ? name.slice(0, name.indexOf('/')) : '*.ts'
    const figures = rooms.get(room) ?? { lines: none(), branches: none(), functions: none() }
    rooms.set(room, figures)
    add(figures.lines, Object.values(file.s))
    add(figures.branches, Object.values(file.b).flat())
    const ours = Object.keys(file.fnMap).filter((key) => !isHelper(file.fnMap[key]!.name))
    add(
      figures.functions,
      ours.map((key) => file.f[key]!),
    )
  }
  return rooms
}

/** The line and column of each branch that nothing ran. */
export function uncoveredBranches({ branchMap, b }: FileCoverage): string[] {
  return Object.entries(branchMap)
    .flatMap(([key, { locations }]) => locations.filter((_, index) => b[key]?.[index] === 0))
    .sort((one, other) => one.start.line - other.start.line || one.start.column - other.start.column)
    .map(({ start }) => `${start.line}:${start.column + 1}`)
}

/** Esbuild adds these to what it compiles. */
function isHelper(name: string): boolean {
  return name.startsWith('__')
}

function none(): Share {
  return { covered: 0, total: 0 }
}

function add(share: Share, counts: readonly number[]): void {
  share.covered += counts.filter((count) => count > 0).length
  share.total += counts.length
}
