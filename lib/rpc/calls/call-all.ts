import { type Deferred, deferred } from '../../util/deferred.ts'

/** The answer of one server. */
export type EachReply =
  | { readonly server: string; readonly value: unknown }
  | { readonly server: string; readonly error: unknown }

/**
 * Yields the answers of several servers in the order of arrival. Leaving the loop early cancels the
 * pending calls.
 * @param begin starts the calls; one promise for each server
 */
export async function* inOrderOfArrival(
  begin: (signal: AbortSignal) => Promise<ReadonlyMap<string, Promise<unknown>>>,
): AsyncGenerator<EachReply, void, undefined> {
  const stop = new AbortController()
  const arrived: EachReply[] = []
  let more: Deferred<void> = deferred()
  const arrive = (reply: EachReply): void => {
    arrived.push(reply)
    more.resolve()
  }
  try {
    const calls = await begin(stop.signal)
    for (const [server, call] of calls) {
      call.then(
        (value) => arrive({ server, value }),
        (error: unknown) => arrive({ server, error }),
      )
    }
    for (let open = calls.size; open > 0; ) {
      await more.promise
      more = deferred()
      for (const reply of arrived.splice(0)) {
        open--
        yield reply
      }
    }
  } finally {
    stop.abort()
  }
}
