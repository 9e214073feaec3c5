/** Named arguments, made by {@link kwargs}. */
export class NamedArguments {
  readonly values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values
  }
}

/**
 * Marks an object as named arguments. Pass it as the last argument of a call: a Python method gets
 * keyword arguments, a JavaScript method gets the object as its last argument.
 *
 * @example
 * ```ts
 * await calc.convert(5, kwargs({ to: 'EUR' }))
 * ```
 */
export function kwargs<T extends Readonly<Record<string, unknown>>>(values: T): T {
  return new NamedArguments(values) as unknown as T
}

/** Named arguments as JavaScript methods take them: one object at the end. */
export function asPositional(args: readonly unknown[]): readonly unknown[] {
  const last = args.at(-1)
  return last instanceof NamedArguments ? [...args.slice(0, -1), last.values] : args
}
