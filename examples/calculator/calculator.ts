/** An ordinary class. It knows nothing of Redis or of remote calls. */
export class Calculator {
  #value = 0

  clr(): number {
    this.#value = 0
    return this.#value
  }

  add(number: number): number {
    this.#value += number
    return this.#value
  }

  sub(number: number): number {
    this.#value -= number
    return this.#value
  }

  mul(number: number): number {
    this.#value *= number
    return this.#value
  }

  div(number: number): number {
    if (number === 0) throw new RangeError('division by zero')
    this.#value /= number
    return this.#value
  }

  val(): number {
    return this.#value
  }
}
