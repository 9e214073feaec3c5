import { RemoteTarget } from 'redis-object-rpc'

/** One customer's cart. It stays in the process that made it; whoever got it calls its methods there. */
class Cart extends RemoteTarget {
  readonly #customer: string
  readonly #items: string[] = []

  constructor(customer: string) {
    super()
    this.#customer = customer
  }

  add(item: string): number {
    return this.#items.push(item)
  }

  items(): string[] {
    return this.#items
  }

  /** Called when nobody has borrowed it any more. */
  [Symbol.dispose](): void {
    console.log(`server: ${this.#customer}'s cart is closed`)
  }
}

export class Shop {
  open(customer: string): Cart {
    return new Cart(customer)
  }

  /** A cart that is handed back is the cart itself. */
  order(cart: Cart): string {
    return `ordered ${cart.items().join(' and ')}`
  }
}
