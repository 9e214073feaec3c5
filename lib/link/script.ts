import { createHash } from 'node:crypto'
import type { RedisLife } from './source.ts'

/**
 * A Lua script, sent in full on its first use on a connection and by its hash after that. This
 * preserves the order of commands: a hash that Redis does not know would have to be sent again,
 * after other commands.
 *
 * @see https://redis.io/docs/latest/develop/interact/programmability/eval-intro/
 */
export class Script<Reply> {
  readonly #text: string
  readonly #hash: string
  readonly #sentOn = new WeakSet<RedisLife>()

  /** @param text headed by its keys, arguments and result */
  constructor(text: string) {
    this.#text = text.trim()
    this.#hash = createHash('sha1').update(this.#text).digest('hex')
  }

  run(redis: RedisLife, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    if (this.#sentOn.has(redis)) return this.#runKnown(redis, keys, args)
    this.#sentOn.add(redis)
    return this.#runWhole(redis, keys, args)
  }

  #runWhole(redis: RedisLife, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    return redis.eval(this.#text, keys.length, ...keys, ...args) as Promise<Reply>
  }

  async #runKnown(redis: RedisLife, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    try {
      return (await redis.evalsha(this.#hash, keys.length, ...keys, ...args)) as Reply
    } catch (error) {
      // The scripts were flushed, or this is another node of the cluster: it was not run.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#runWhole(redis, keys, args)
    }
  }
}

/**
 * A script that changes nothing. If Redis has EVAL_RO (7.0), a user with read-only access to the
 * keys can run it; EVAL requires write access too.
 *
 * @see https://redis.io/docs/latest/commands/eval_ro/
 */
export class ReadingScript<Reply> extends Script<Reply> {
  readonly #text: string
  readonly #hasNoEvalRo = new WeakSet<RedisLife>()

  /** @param text headed by its keys, arguments and result */
  constructor(text: string) {
    super(text)
    this.#text = text.trim()
  }

  override async run(redis: RedisLife, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    if ('eval_ro' in redis && !this.#hasNoEvalRo.has(redis)) {
      try {
        return (await redis.eval_ro(this.#text, keys.length, ...keys, ...args)) as Reply
      } catch (error) {
        // An older Redis, or a user who may only use EVAL.
        if (!(error instanceof Error) || !/^(NOPERM|ERR unknown command)/i.test(error.message)) throw error
        this.#hasNoEvalRo.add(redis)
      }
    }
    return super.run(redis, keys, args)
  }
}
