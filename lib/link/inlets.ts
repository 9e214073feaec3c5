/**
 * What one owner reads through a {@link Link}; owners that share a link each have their own inlet.
 */
export interface Inlet {
  /**
   * The lists to pop from, most urgent first; called before each pop. In a cluster all lists of a
   * link share one slot.
   * @param hasRoom false: only those that are read even when there is no capacity
   */
  readonly lists: (hasRoom: boolean) => readonly string[]
  /**
   * How many messages the next pop may return, after `popped` have just been delivered; 0: none
   * until `resume`.
   */
  readonly capacity: (popped: number) => number
  /**
   * Whether the owner is waiting for messages on lists that are read without capacity.
   * @defaultValue false
   */
  readonly isUrgent?: () => boolean
  /** Takes what was popped, in order. It must not throw. */
  readonly onBatch: (texts: string[], list: string) => void
  /**
   * How long after the last push a list expires, in ms; undefined: never, or another inlet knows.
   */
  readonly expireMs: (list: string) => number | undefined
}

/**
 * Combines several inlets. One pop names all their lists, and the order rotates with each pop, so
 * that a busy owner does not starve a quiet one. It returns no more than the inlet with the least
 * room can take, since it is not known in advance whose list it will be.
 */
export class Inlets implements Inlet {
  readonly #inlets: Inlet[] = []
  readonly #ofList = new Map<string, Inlet>()
  #roomy = new Set<Inlet>()
  #turn = 0

  /** Whether some lists were left out of the latest pop because their owner had no room. */
  get isPartial(): boolean {
    return this.#inlets.length > 1 && this.#roomy.size < this.#inlets.length
  }

  readonly isUrgent = (): boolean => this.#inlets.some((inlet) => inlet.isUrgent?.() === true)

  add(inlet: Inlet): void {
    this.#inlets.push(inlet)
  }

  remove(inlet: Inlet): void {
    const at = this.#inlets.indexOf(inlet)
    if (at !== -1) this.#inlets.splice(at, 1)
    for (const [list, of] of this.#ofList) if (of === inlet) this.#ofList.delete(list)
    this.#roomy.delete(inlet)
  }

  readonly lists = (hasRoom: boolean): readonly string[] => {
    const [only] = this.#inlets
    if (only === undefined) return []
    if (this.#inlets.length === 1) return only.lists(hasRoom)
    const first = this.#turn++ % this.#inlets.length
    const lists: string[] = []
    for (const inlet of [...this.#inlets.slice(first), ...this.#inlets.slice(0, first)]) {
      for (const list of inlet.lists(hasRoom && this.#roomy.has(inlet))) {
        this.#ofList.set(list, inlet)
        lists.push(list)
      }
    }
    return lists
  }

  readonly capacity = (popped: number, from?: string): number => {
    const [only] = this.#inlets
    if (only !== undefined && this.#inlets.length === 1) return only.capacity(popped)
    const latest = from === undefined ? undefined : this.#ofList.get(from)
    let least = 0
    this.#roomy = new Set()
    for (const inlet of this.#inlets) {
      const room = inlet.capacity(inlet === latest ? popped : 0)
      if (room < 1) continue
      this.#roomy.add(inlet)
      if (least === 0 || room < least) least = room
    }
    return least
  }

  readonly onBatch = (texts: string[], list: string): void => {
    const [only] = this.#inlets
    const inlet = this.#ofList.get(list) ?? only
    inlet?.onBatch(texts, list)
  }

  readonly expireMs = (list: string): number | undefined => {
    for (const inlet of this.#inlets) {
      const expireMs = inlet.expireMs(list)
      if (expireMs !== undefined) return expireMs
    }
    return undefined
  }
}
