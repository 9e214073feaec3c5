import { readdirSync, readFileSync } from 'node:fs'
import { posix, sep } from 'node:path'

/** What each file imports, types included: files by their paths below the root, packages as `pkg:name`. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** Which rooms a room may import from, beside itself. */
export type Arrows = Readonly<Record<string, readonly string[]>>

const IMPORTS =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g

/** Reads the imports of every TypeScript file below a folder. */
export function readImports(root: string): ImportGraph {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(sep).join('/'))
  return new Map(files.map((file) => [file, importsIn(readFileSync(`${root}/${file}`, 'utf8'), file)]))
}

/** The imports in the text of a file. */
export function importsIn(text: string, file: string): string[] {
  const specifiers = [...text.matchAll(IMPORTS)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
  const targets = specifiers.map((specifier) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : `pkg:${specifier}`,
  )
  return [...new Set(targets)]
}

export function isPackage(target: string): boolean {
  return target.startsWith('pkg:')
}

/** The room of a file below a folder: the next folder, or the file itself where it is in none. */
export function roomOf(file: string, folder = ''): string {
  const rest = file.slice(folder.length)
  return rest.split('/')[0] ?? rest
}

/** Floors from the top as arrows: a room may import from those on its right and from those below. */
export function arrowsOfFloors(floors: readonly (readonly string[])[]): Arrows {
  const rooms = floors.flat()
  return Object.fromEntries(rooms.map((room, i) => [room, rooms.slice(i + 1)]))
}

/**
 * The imports within a folder that no arrow allows, as `a.ts imports b.ts`.
 * @param folder - ends with a slash; '' is the root
 */
export function againstArrows(graph: ImportGraph, arrows: Arrows, folder = ''): string[] {
  const against: string[] = []
  for (const [file, targets] of graph) {
    if (!file.startsWith(folder)) continue
    const room = roomOf(file, folder)
    for (const target of targets) {
      if (isPackage(target) || !target.startsWith(folder)) continue
      const other = roomOf(target, folder)
      if (other !== room && !arrows[room]?.includes(other)) against.push(`${file} imports ${target}`)
    }
  }
  return against
}

/**
 * The circles of files that import each other, each as the names of all that belong to it: the strongly connected
 * components, found as Tarjan does, and files that import themselves.
 */
export function circles(graph: ImportGraph): string[][] {
  const found: string[][] = []
  const order = new Map<string, number>()
  const open: string[] = []
  const visit = (file: string): number => {
    const mine = order.size
    let low = mine
    order.set(file, mine)
    open.push(file)
    for (const target of graph.get(file) ?? []) {
      if (!order.has(target)) low = Math.min(low, visit(target))
      else if (open.includes(target)) low = Math.min(low, order.get(target)!)
    }
    if (low === mine) {
      const component = open.splice(open.indexOf(file))
      if (component.length > 1 || graph.get(file)?.includes(file)) found.push(component.sort())
    }
    return low
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return found
}
