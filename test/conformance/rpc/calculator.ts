import { Redis } from 'ioredis'
import type { RunningRedis } from '../../helpers/backends.ts'
import { closeLeavingNothing, type Pair, startPair } from '../../helpers/pair.ts'

export class Calculator {
  value = 0
  clr(): void {
    this.value = 0
  }
  add(number: number): number {
    this.value += number
    return this.value
  }
  async slowAdd(number: number): Promise<number> {
    return this.add(number)
  }
  div(number: number): number {
    if (number === 0) throw new RangeError('division by zero')
    this.value /= number
    return this.value
  }
  all(...values: unknown[]): unknown[] {
    return values
  }
  bad(): unknown {
    return { rows: [{ ok: 1, fail: new WeakSet() }] }
  }
  _private(): string {
    return 'secret'
  }
}

/** A calculator and a client of it, and a connection that looks on. */
export interface Calculating {
  readonly redis: () => RunningRedis
  observer: Redis
  pair: Pair<Calculator>
  calculator: Calculator
}

export function calculating(redis: () => RunningRedis): Calculating {
  const ends = { redis } as Calculating
  before(() => {
    ends.observer = new Redis(redis().url)
  })
  beforeEach(async () => {
    ends.calculator = new Calculator()
    ends.pair = await startPair(redis(), ends.calculator)
  })
  afterEach(async () => {
    await closeLeavingNothing(ends.pair, redis())
  })
  after(() => ends.observer?.disconnect())
  return ends
}
