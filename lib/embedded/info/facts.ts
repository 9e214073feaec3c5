/** Lines of a section of INFO. */
export type Facts = readonly (readonly [name: string, value: string | number])[]

/** Fields of Redis that are always zero or empty here. */
export function zeros(...names: readonly string[]): Facts {
  return names.map((name) => [name, 0])
}
