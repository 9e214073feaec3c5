/** One way to call an object over Redis. Each has a file in `contenders/`; client and server live in processes of their own. */
export interface Contender {
  /** Serves `target` on the Redis list `list`; resolves once it listens. */
  serve(url: string, list: string, target: Target): Promise<Closable>
  /** Opens a client of that list; resolves once it may call. */
  connect(url: string, list: string): Promise<Caller>
  /** The text of a request as it stands on the list, for a backlog that no client waits for. */
  request(id: number, value: unknown, inbox: string): string
  /** What the text of a reply says. */
  reply(text: string): Reply
}

/** What is called: the answer is the argument. */
export interface Target {
  echo(value: unknown): unknown
}

export interface Caller extends Closable {
  /** Calls `echo` on the other side. */
  call(value: unknown): Promise<unknown>
}

export interface Reply {
  readonly id: number
  readonly value: unknown
}

export interface Closable {
  close(): Promise<void>
}
