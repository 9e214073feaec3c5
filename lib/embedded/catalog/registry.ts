import type { AnyCommand } from './facts.ts'
import { Registered } from './registered.ts'

/** All commands of one server, by name. */
export class Registry {
  readonly #byName = new Map<string, Registered>()
  /**
   * The same, also under the upper case names that most clients send, which saves a conversion per
   * call.
   */
  readonly #lookup = new Map<string, Registered>()

  /** `disabled` are the names, in any case, of commands that the server treats as unknown. */
  constructor(commands: readonly AnyCommand[], disabled: readonly string[] = []) {
    const without = new Set(disabled.map((name) => name.toLowerCase()))
    for (const command of commands) {
      if (without.has(command.name)) continue
      const registered = new Registered(command)
      this.#byName.set(command.name, registered)
      this.#lookup.set(command.name, registered)
      this.#lookup.set(command.name.toUpperCase(), registered)
    }
  }

  get size(): number {
    return this.#byName.size
  }

  /** The command with that name in any case. A subcommand is found with {@link find}. */
  get(name: string): Registered | undefined {
    return this.#lookup.get(name) ?? this.#byName.get(name.toLowerCase())
  }

  /** The command or subcommand of a request. */
  find(name: string, subcommand?: string): Registered | undefined {
    const found = this.get(name)
    if (found?.subcommands === undefined || subcommand === undefined) return found
    return found.subcommands.get(subcommand.toLowerCase())
  }

  [Symbol.iterator](): IterableIterator<Registered> {
    return this.#byName.values()
  }
}
