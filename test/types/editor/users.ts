/** A part of the service. */
export class Admins {
  /** Makes a user an admin. */
  promote(id: number): boolean {
    return id > 0
  }
}

/** A service, as `editor.test.ts` shows it to a language service. */
export class Users {
  /** Who may do more. */
  readonly admins: Admins = new Admins()
  /** How many there may be. */
  limit = 5
  /**
   * Finds a user.
   * @param id the number of the user
   */
  find(id: number): string | undefined {
    return String(id)
  }
  /** Loads a user. */
  async load(id: number): Promise<string> {
    return String(id)
  }
  /** @deprecated use `find` */
  get(id: number): string {
    return String(id)
  }
  /** Counts by name. */
  count(name: string): Promise<number>
  /** Counts by age. */
  count(age: number): Promise<string>
  async count(by: unknown): Promise<unknown> {
    return by
  }
  /** All users. */
  async *rows(): AsyncGenerator<string> {}
  /** All their names. */
  *names(): Generator<string> {}
  /** Gives back what it gets. */
  echo<V>(value: V): V {
    return value
  }
}
