import { Outgoing } from '../chain/outgoing.ts'
import { InvalidOptionError } from '../errors.ts'
import type { RedisSource } from '../link/source.ts'
import { checkSource } from '../link/source.ts'
import { linksFor, SharedConnections } from '../link/use.ts'
import { nonEmptyString } from '../util/options.ts'
import { ClassicCaller } from './classic.ts'
import { ProxyControl } from './control.ts'
import { MiddlewareCaller } from './middleware-caller.ts'
import { NativeCaller } from './native.ts'
import { baseCallOptions, checkClientOptions, type RedisRPCClientOptions } from './options.ts'
import type { Remote } from './remote.ts'
import { RetryingCaller } from './retry.ts'

/**
 * Creates clients: `new RedisRPCClient<Calculator>(redis, 'calc')` is a proxy of the remote
 * calculator.
 */
export interface RedisRPCClientConstructor {
  /**
   * Creates a proxy of the remote object: every method call runs there. It connects on the first
   * call.
   *
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the service's name
   * @throws InvalidOptionError naming the option and what it accepts
   *
   * @example
   * ```ts
   * const calc = new RedisRPCClient<Calculator>('redis://localhost', 'calc')
   * await calc.add(5)
   * await control(calc).close()
   * ```
   */
  new <T extends object>(
    redis: RedisSource | SharedConnections,
    name: string,
    options?: RedisRPCClientOptions,
  ): Remote<T>
}

/** A client of `T`, as the type of a field or a parameter. */
export type RedisRPCClient<T extends object> = Remote<T>

/** @see RedisRPCClientConstructor */
export const RedisRPCClient: RedisRPCClientConstructor = class {
  constructor(redis: RedisSource | SharedConnections, name: string, options: RedisRPCClientOptions = {}) {
    const settings = checkClientOptions(options)
    nonEmptyString('name', name)
    const { use, clock } = settings
    const outgoing = use.length === 0 ? undefined : new Outgoing(name, use, clock)
    const own =
      settings.dialect === 'classic'
        ? new ClassicCaller(checkSource(ownSource(redis), name, 'client'), name, settings)
        : new NativeCaller(name, settings, linksFor(redis, name, 'client', settings), outgoing)
    // Middleware sees a retried call as one call.
    const retrying = new RetryingCaller(own, name, clock)
    const caller = outgoing === undefined ? retrying : new MiddlewareCaller(retrying, outgoing)
    const control = new ProxyControl({ name, caller, clock }, baseCallOptions(settings))
    // biome-ignore lint/correctness/noConstructorReturn: the client is the proxy itself; no name on it may be ours
    return control.proxy
  }
} as RedisRPCClientConstructor

/** The classic dialect has a list for each reply, so it needs its own connection. */
function ownSource(redis: RedisSource | SharedConnections): RedisSource {
  if (!(redis instanceof SharedConnections)) return redis
  throw new InvalidOptionError('dialect', "'native' on shared connections", 'classic')
}
