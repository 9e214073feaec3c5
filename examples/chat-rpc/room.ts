export type Listener = (from: string, text: string) => unknown

/** A room. Listeners are functions of other processes, kept as any other: each is called where it is. */
export class Room {
  readonly #listeners = new Map<string, Listener>()

  join(name: string, listener: Listener): string[] {
    this.#listeners.set(name, listener)
    return [...this.#listeners.keys()]
  }

  leave(name: string): void {
    this.#listeners.delete(name)
  }

  /** Resolves with how many have heard it. A listener whose process is gone is forgotten. */
  async say(from: string, text: string): Promise<number> {
    const heard = await Promise.all(
      [...this.#listeners].map(async ([name, listener]) => {
        try {
          await listener(from, text)
          return true
        } catch {
          this.leave(name)
          return false
        }
      }),
    )
    return heard.filter(Boolean).length
  }
}
