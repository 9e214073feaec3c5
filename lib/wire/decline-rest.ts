import { type Handle, isHandleKind, readHandle } from './handle.ts'
import { isJsonObject, type RevivedPlaces } from './revived-places.ts'

/**
 * Declines what was lent in the places of a refused message that its revival did not reach.
 * @param tree the annotations, which may be malformed
 */
export function declineRest(
  json: unknown,
  tree: unknown,
  places: RevivedPlaces,
  decline: (handle: Handle) => void,
): void {
  const [annotation, notes] = Array.isArray(tree) ? (tree as unknown[]) : [undefined, tree]
  const kind: unknown = Array.isArray(annotation) && annotation[0] === 'custom' ? annotation[1] : undefined
  try {
    // If it was already borrowed, the JSON has been replaced.
    if (typeof kind === 'string' && isHandleKind(kind)) return decline(readHandle(json))
  } catch {
    return
  }
  if (Array.isArray(notes)) return declineRest(json, notes, places, decline)
  for (const path of isJsonObject(notes) ? Object.keys(notes) : []) {
    const part = partAt(json, path, places)
    if (part !== undefined) declineRest(part.json, (notes as Record<string, unknown>)[path], places, decline)
  }
}

function partAt(json: unknown, path: string, places: RevivedPlaces): { readonly json: unknown } | undefined {
  try {
    const { container, key } = places.locate(json, path)
    return { json: container[key] }
  } catch {
    return undefined
  }
}
