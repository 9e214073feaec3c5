/** Named arguments, made by {@link kwargs}. */
export class NamedArguments {
  readonly values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values
  }
}

/**
 * Marks an object as named arguments. As the last argument of a call it reaches a Python method as keyword arguments, and a
 * JavaScript method as one last object.
 *
 * @example
 * ```ts
 * await calc.convert(5, kwargs({ to: 'EUR' }))
 * ```
 */
export function kwargs<T extends Readonly<Record<string, unknown>>>(values: T): T {
  return new NamedArguments(values) as unknown as T
}

/** Named arguments as a method of ours takes them: as one last object. */
export function asPositional(args: readonly unknown[]): readonly unknown[] {
  const last = args.at(-1)
  return last instanceof NamedArguments ? [...args.slice(0, -1), last.values] : args
}
