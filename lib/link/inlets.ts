/** What one owner reads through a {@link Link}; owners that share one each have an inlet of their own. */
export interface Inlet {
  /**
   * The lists to pop from, the most urgent first; asked before each pop. In a cluster all lists of a link share one slot.
   * @param hasRoom false: only those that are read even when there is no capacity
   */
  readonly lists: (hasRoom: boolean) => readonly string[]
  /** How many messages the next pop may bring, when `popped` have just been handed over; 0: none until `resume`. */
  readonly capacity: (popped: number) => number
  /** Whether what comes on lists that are read without capacity is waited for. @defaultValue it is not */
  readonly isUrgent?: () => boolean
  /** Takes what was popped, in order. It must not throw. */
  readonly onBatch: (texts: string[], list: string) => void
  /** How long a list lives after the last push to it, in ms; undefined: for ever, or another inlet knows. */
  readonly expireMs: (list: string) => number | undefined
}

/**
 * Several inlets as one. One pop names the lists of all, and the order turns with each pop, so that a busy owner does not starve
 * a quiet one. It brings no more than the one with the least room may take: whose list it will be is not known before.
 */
export class Inlets implements Inlet {
  readonly #inlets: Inlet[] = []
  readonly #ofList = new Map<string, Inlet>()
  #roomy = new Set<Inlet>()
  #turn = 0

  /** Whether some lists were left out of the latest pop, since their owner had no room. */
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
