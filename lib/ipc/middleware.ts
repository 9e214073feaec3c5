import { handle, type Work } from '../chain/handling.ts'
import type { Middleware, MiddlewareMessage } from '../chain/middleware.ts'
import type { Changes, OutgoingRequest } from '../chain/outgoing.ts'
import { checkMetadata, type Metadata } from '../wire/metadata.ts'

/**
 * A task or event that is being published.
 * @param id of a task; undefined for an event, whose id is not known yet
 */
export class Publishing<T> implements OutgoingRequest {
  readonly name = 'publish'
  readonly kind = 'publish'
  readonly timeoutMs: number = Number.POSITIVE_INFINITY
  readonly signal = undefined
  readonly args: readonly unknown[]
  readonly metadata: Metadata | undefined
  readonly message: MiddlewareMessage
  readonly #send: (content: T, metadata: Metadata | undefined) => Promise<string>

  constructor(
    id: string | undefined,
    content: T,
    metadata: Metadata | undefined,
    send: (content: T, metadata: Metadata | undefined) => Promise<string>,
  ) {
    this.message = { id, group: undefined }
    this.args = [content]
    this.metadata = metadata
    this.#send = send
  }

  send([content]: readonly unknown[], { changedMetadata }: Changes): Promise<string> {
    return this.#send(content as T, changedMetadata === undefined ? this.metadata : checkMetadata(changedMetadata))
  }
}

/** The argument of a handler: a task or an event. */
export interface Handled {
  readonly content: unknown
  readonly metadata: Metadata
  readonly attempt?: number
  readonly signal?: AbortSignal
}

/** The middleware of a reader, and the kind of its items. */
export interface Handlers<I> {
  readonly use: readonly Middleware[]
  /** The queue's, or the stream's. */
  readonly name: string
  readonly group?: string
  readonly idOf: (item: I) => string
}

/** Wraps a handler in middleware; returns it unchanged if there is none. */
export function around<I extends Handled>(handlers: Handlers<I>, handler: (item: I) => unknown): (item: I) => unknown {
  if (handlers.use.length === 0) return handler
  return (item) => handle(handlers.use, new Processing(handlers, item, handler))
}

/** A running handler. */
class Processing<I extends Handled> implements Work {
  readonly service: string
  readonly name = 'process'
  readonly kind = 'process'
  readonly args: readonly unknown[]
  readonly message: MiddlewareMessage
  readonly #item: I
  readonly #handler: (item: I) => unknown

  constructor({ name, group, idOf }: Handlers<I>, item: I, handler: (item: I) => unknown) {
    this.service = name
    this.args = [item.content]
    this.message = { id: idOf(item), group }
    this.#item = item
    this.#handler = handler
  }

  get metadata(): Metadata {
    return this.#item.metadata
  }

  get attempt(): number {
    return this.#item.attempt ?? 1
  }

  get signal(): AbortSignal | undefined {
    return this.#item.signal
  }

  run([content]: readonly unknown[]): unknown {
    const item: { content: unknown } = this.#item
    if (content !== item.content) item.content = content
    return this.#handler(this.#item)
  }
}
