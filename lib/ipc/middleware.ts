import { handle, type Work } from '../chain/handling.ts'
import type { Middleware, MiddlewareMessage } from '../chain/middleware.ts'
import type { Changes, OutgoingRequest } from '../chain/outgoing.ts'
import { checkMetadata, type Metadata } from '../wire/metadata.ts'

/** What is published. @param id of a task, known before; of an event undefined */
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

/** What a handler gets: a task, or an event. */
export interface Handled {
  readonly content: unknown
  readonly metadata: Metadata
  readonly attempt?: number
  readonly signal?: AbortSignal
}

/** The middleware of a reader, and what its items are. */
export interface Handlers<I> {
  readonly use: readonly Middleware[]
  /** The queue's, or the stream's. */
  readonly name: string
  readonly group?: string
  readonly idOf: (item: I) => string
}

/** A handler with middleware around it. It is the same one where there is none. */
export function around<I extends Handled>(handlers: Handlers<I>, handler: (item: I) => unknown): (item: I) => unknown {
  if (handlers.use.length === 0) return handler
  return (item) => handle(handlers.use, new Processing(handlers, item, handler))
}

/** A handler at work. */
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
