/**
 * The common interface of zod, valibot, arktype and others: an object that validates values.
 * @see https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    /** Only in the types. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The result of validating a value: the output, or the issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The type that a schema accepts. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input']
/** The type that a schema returns. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** Some libraries' schemas are functions. */
export function isSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard: unknown = (value as { readonly '~standard'?: unknown })['~standard']
  if (typeof standard !== 'object' || standard === null) return false
  const { version, validate } = standard as { readonly version?: unknown; readonly validate?: unknown }
  return version === 1 && typeof validate === 'function'
}
