import { ValidationError, type ValidationIssue } from '../../errors.ts'
import type { ExposedMethod } from '../../expose/look-up.ts'
import { isThenable } from '../../util/running.ts'
import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts'

/** The schemas of one method. */
export interface MethodSchemas {
  readonly args?: StandardSchema | undefined
  readonly result?: StandardSchema | undefined
}

/** An error does not need to list everything that is wrong with a hostile value. */
const MOST_ISSUES = 20
const MOST_KEYS = 32
const LONGEST_TEXT = 500
/** The issue of arguments that a schema turned into something other than an array. */
const NO_ARRAY: ValidationIssue = {
  message: 'the schema returned something other than an array of arguments',
  path: [],
}

/**
 * Wraps a method so that its arguments and result are validated and replaced by the output of the
 * schemas. The wrapper is synchronous if the schemas and the method are.
 * @param operation the name to use in errors: `calc.add`
 */
export function validatedMethod(
  operation: string,
  method: ExposedMethod,
  { args, result }: MethodSchemas,
): ExposedMethod {
  const run = args === undefined ? method : checkedArgs(operation, method, args)
  if (result === undefined) return run
  const check = (value: unknown): unknown => validate(operation, 'result', result, value)
  return (given) => {
    const returned = run(given)
    return isThenable(returned) ? returned.then(check) : check(returned)
  }
}

function checkedArgs(operation: string, method: ExposedMethod, schema: StandardSchema): ExposedMethod {
  const run = (checked: unknown): unknown => {
    if (Array.isArray(checked)) return method(checked)
    throw new ValidationError(operation, 'args', [NO_ARRAY])
  }
  return (given) => {
    const checked = validate(operation, 'args', schema, given)
    return isThenable(checked) ? checked.then(run) : run(checked)
  }
}

/** @throws ValidationError, and whatever the schema throws */
function validate(operation: string, on: 'args' | 'result', schema: StandardSchema, value: unknown): unknown {
  const read = (result: SchemaResult<unknown>): unknown => {
    if (result.issues === undefined) return result.value
    throw new ValidationError(operation, on, [...result.issues].slice(0, MOST_ISSUES).map(shown))
  }
  const result = schema['~standard'].validate(value)
  return isThenable(result) ? result.then(read) : read(result)
}

function shown({ message, path = [] }: SchemaIssue): ValidationIssue {
  // Some libraries use their own array classes.
  const keys = [...path].slice(0, MOST_KEYS).map((step) => (typeof step === 'object' ? step.key : step))
  return { message: cut(message), path: keys.map((key) => (typeof key === 'number' ? key : cut(String(key)))) }
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
