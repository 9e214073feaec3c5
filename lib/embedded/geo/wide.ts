/** A number of about 32 digits as the sum of two doubles; the first is the double nearest to it. */
export class Wide {
  readonly hi: number
  readonly lo: number

  private constructor(hi: number, lo: number) {
    this.hi = hi
    this.lo = lo
  }

  /** The sum of any two doubles, exactly. */
  static sum(a: number, b: number): Wide {
    const hi = a + b
    const part = hi - a
    return new Wide(hi, a - (hi - part) + (b - part))
  }

  /** The product of two doubles, exactly. */
  static product(a: number, b: number): Wide {
    const hi = a * b
    const [aHigh, aLow] = halves(a)
    const [bHigh, bLow] = halves(b)
    return new Wide(hi, aHigh * bHigh - hi + aHigh * bLow + aLow * bHigh + aLow * bLow)
  }

  plus(other: Wide): Wide {
    const sum = Wide.sum(this.hi, other.hi)
    return normal(sum.hi, sum.lo + this.lo + other.lo)
  }

  times(other: Wide): Wide {
    const product = Wide.product(this.hi, other.hi)
    return normal(product.hi, product.lo + this.hi * other.lo + this.lo * other.hi)
  }

  over(divisor: number): Wide {
    const first = this.hi / divisor
    const back = Wide.product(first, divisor)
    return normal(first, (this.hi - back.hi - back.lo + this.lo) / divisor)
  }
}

/** The sum of two doubles, the second of which is much smaller. */
function normal(large: number, small: number): Wide {
  return Wide.sum(large, small)
}

const SPLITTER = 2 ** 27 + 1

/** Splits a double into the sum of two with half as many bits. */
function halves(value: number): readonly [high: number, low: number] {
  const scaled = SPLITTER * value
  const high = scaled - (scaled - value)
  return [high, value - high]
}
