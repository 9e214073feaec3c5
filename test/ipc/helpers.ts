import { Redis } from 'ioredis'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'

/** For `beforeEach`: leaves a test pending on a server without EVAL. A real Redis has it. */
export async function needScripts(this: Mocha.Context, raw: Redis): Promise<void> {
  try {
    await raw.eval('return 1', 0)
  } catch (error) {
    if (!/unknown command/.test(String(error))) throw error
    this.skip()
  }
}

/** What each test of a suite has: a connection of its own to look behind the scenes, a name, and what is closed after it. */
export class Bench {
  raw!: Redis
  name = ''
  errors: Error[] = []
  readonly onError = (error: Error): void => void this.errors.push(error)
  readonly #opened: { close(): Promise<unknown> }[] = []

  /** Installs the hooks; after each test no key with its name is left, but those of `leftovers`. */
  constructor(redis: () => RunningRedis, prefix: string) {
    before(() => {
      this.raw = new Redis(redis().url)
    })
    beforeEach(() => {
      this.name = freshName(prefix)
      this.errors = []
    })
    afterEach(async () => {
      for (const each of this.#opened.splice(0).reverse()) await each.close()
    })
    after(() => this.raw?.disconnect())
  }

  /** Closes it after the test. */
  open<C extends { close(): Promise<unknown> }>(closable: C): C {
    this.#opened.push(closable)
    return closable
  }

  /** Closes all that is open, now. */
  async closeAll(): Promise<void> {
    for (const each of this.#opened.splice(0).reverse()) await each.close()
  }

  /** All keys that have to do with this test, without its name. */
  async keys(): Promise<string[]> {
    const keys = await this.raw.keys(`*${this.name}*`)
    return keys.map((key) => key.replace(this.name, 'NAME')).sort()
  }

  codes(): unknown[] {
    return this.errors.map((error) => (error as { code?: unknown }).code ?? error.message)
  }
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a rejection')
}

/** Whether a promise is settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = {}
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(pending)])) !== pending
}
