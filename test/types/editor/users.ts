import { RemoteTarget } from 'redis-object-rpc'

/** A part of the service. */
export class Admins {
  /** Makes a user an admin. */
  promote(id: number): boolean {
    return id > 0
  }
}

/** An object that travels by reference. */
export class Session extends RemoteTarget {
  readonly user: number = 1
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
  /** Shows each user. */
  each(show: (name: string) => Promise<void>, options?: { readonly rename?: (name: string) => Promise<string> }): void {
    void [show, options]
  }
  /** Begins a session. */
  login(): Session {
    return new Session()
  }
  /** Ends a session. */
  logout(session: Session): void {
    void session
  }
  /** Adds users. */
  add(names: AsyncIterable<string>): void {
    void names
  }
  /** All their names. */
  *names(): Generator<string> {}
  /** Gives back what it gets. */
  echo<V>(value: V): V {
    return value
  }
}
