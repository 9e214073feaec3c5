import { InvalidOptionError } from '../../errors.ts'
import { runPipeline } from '../control.ts'
import type { Remote } from '../remote.ts'
import type { Pipeline, PipelineResult, Resolved } from './pipeline.ts'
import { Recorder } from './recorder.ts'

/**
 * Runs several calls in one round trip. The function runs locally, once, with a recorder in place
 * of the remote object. The recorded steps are sent as one message and run in order on one server.
 * Steps can use the results of earlier steps.
 *
 * A pipeline is one call: it uses the options of the client or of `control(client).with()`, and
 * runs at most once, or at least once, as a whole.
 *
 * @param build returns a step, or an array or a plain object of steps; the results have the same
 * shape
 * @returns the results of those steps. If a step fails, the pipeline rejects with its error, whose
 * `pipelineStep` is the step's number.
 * @throws PipelineError when `build` does something that cannot be recorded; SerializationError;
 * and the errors of calls
 * @throws MethodNotFoundError when a step names something that may not be called or read; see
 * `docs/pipelining.md`
 *
 * @example
 * ```ts
 * const name = await pipe(client, (c) => c.profile(c.login('ann')).name)
 * const [user, orders] = await pipe(client, (c) => {
 *   const user = c.find(7)
 *   return [user, c.ordersOf(user.id)]
 * })
 * ```
 */
export async function pipe<T extends object, R extends PipelineResult>(
  client: Remote<T>,
  build: (far: Pipeline<T>) => R,
): Promise<Resolved<R>> {
  if (typeof build !== 'function') throw new InvalidOptionError('build', 'a function', build)
  return runPipeline(client, (encode) => new Recorder(encode).record(build as (far: object) => unknown)) as Promise<
    Resolved<R>
  >
}
