import { MethodNotFoundError, ReferenceLostError } from '../../errors.ts'
import type { Codec } from '../../wire/codec.ts'
import type { Request } from '../../wire/message.ts'
import { NEXT, RETURN, WAIT } from '../../wire/reserved.ts'
import type { Asked } from '../serving/incoming.ts'
import type { Lent, Thing } from './lent.ts'
import { LentObject } from './lent-object.ts'
import { LentSignal, sendableReason } from './lent-signal.ts'
import { LentStream } from './lent-stream.ts'

export interface LentRequestsOptions {
  readonly service: string
  /** This endpoint's list, for errors. */
  readonly own: string
  readonly lent: Lent
  /** Decodes what came with a request, and notes who has borrowed what that lent. */
  readonly decodeArgs: (request: Request, codec: Codec) => readonly unknown[]
}

/** Runs the requests to what an endpoint has lent: functions, objects, signals and streams. */
export class LentRequests {
  readonly #options: LentRequestsOptions

  constructor(options: LentRequestsOptions) {
    this.#options = options
  }

  /** @throws ReferenceLostError, MethodNotFoundError */
  run(request: Request, codec: Codec): unknown {
    const { object } = this.#thingOf(request)
    if (object instanceof LentSignal && request.method === WAIT)
      return object.wait().then(({ reason }) => ({ reason: sendableReason(reason, codec) }))
    if (object instanceof LentStream) return this.#runStream(object, request, codec)
    const { run, args } = this.asked(request, codec)
    return run(args)
  }

  /** What a request to a function or an object asks for. @throws ReferenceLostError, MethodNotFoundError */
  asked(request: Request, codec: Codec): Asked {
    const { service, decodeArgs } = this.#options
    const { method: name } = request
    const { kind, object } = this.#thingOf(request)
    if (kind === 'Function' && name === '') {
      const method = object as (...args: readonly unknown[]) => unknown
      return { name, isLent: true, args: decodeArgs(request, codec), run: (args) => method(...args) }
    }
    if (object instanceof LentObject)
      return { name, isLent: true, args: decodeArgs(request, codec), run: (args) => object.call(name, args) }
    throw new MethodNotFoundError(name, service)
  }

  #runStream(stream: LentStream, request: Request, codec: Codec): Promise<unknown> {
    const { service, decodeArgs } = this.#options
    const { method, args, address } = request
    if (method === NEXT) return stream.next(args, address.list)
    if (method === RETURN) return stream.return(decodeArgs(request, codec), address.list)
    throw new MethodNotFoundError(method, service)
  }

  #thingOf({ on, address }: Request): Thing {
    const { own, lent } = this.#options
    const thing = address.list === '' ? undefined : lent.use(on as number, address.list)
    if (thing === undefined) {
      throw new ReferenceLostError(`number ${on} of ${own}`, 'it was released, or never lent to this caller')
    }
    return thing
  }
}
