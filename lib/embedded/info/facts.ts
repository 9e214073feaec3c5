/** Lines of a section of INFO. */
export type Facts = readonly (readonly [name: string, value: string | number])[]

/** Facts that Redis tells and that are always nothing here. */
export function zeros(...names: readonly string[]): Facts {
  return names.map((name) => [name, 0])
}
