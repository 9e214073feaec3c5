import type { MethodSchemas } from './validated-method.ts'

/** JSON Schemas of one method, if its schemas can provide them. */
export interface MethodShape {
  /** Of the array of the arguments. */
  readonly args?: object
  readonly result?: object
}

/** Limit in characters, because every client asks for the shapes of all methods. */
const MOST_CHARACTERS = 65_536

/** The shapes of methods, as many as fit the limit. */
export function methodShapes(methods: ReadonlyMap<string, MethodSchemas>): Readonly<Record<string, MethodShape>> {
  const shapes: [string, MethodShape][] = []
  let left = MOST_CHARACTERS
  for (const [name, schemas] of methods) {
    const args = jsonSchema(schemas.args, 'input')
    const result = jsonSchema(schemas.result, 'output')
    if (args === undefined && result === undefined) continue
    const shape = { ...(args !== undefined && { args }), ...(result !== undefined && { result }) }
    left -= JSON.stringify(shape).length
    if (left >= 0) shapes.push([name, shape])
  }
  return Object.fromEntries(shapes)
}

/**
 * The JSON Schema of a schema, through the standard interface or the method that zod and arktype
 * have. These throw if JSON Schema cannot express the schema.
 * @see https://standardschema.dev/json-schema
 */
function jsonSchema(schema: unknown, side: 'input' | 'output'): object | undefined {
  if (schema === undefined) return undefined
  const { '~standard': standard, toJSONSchema, toJsonSchema } = schema as SchemaWithJson
  try {
    const made =
      standard.jsonSchema !== undefined
        ? standard.jsonSchema[side]({ target: 'draft-2020-12' })
        : (toJSONSchema ?? toJsonSchema)?.call(schema)
    // Keep only what JSON can represent.
    return typeof made === 'object' && made !== null ? (JSON.parse(JSON.stringify(made)) as object) : undefined
  } catch {
    return undefined
  }
}

interface SchemaWithJson {
  readonly '~standard': {
    readonly jsonSchema?: Readonly<Record<'input' | 'output', (options: { readonly target: string }) => unknown>>
  }
  readonly toJSONSchema?: () => unknown
  readonly toJsonSchema?: () => unknown
}
