import { InvalidOptionError } from '../../errors.ts'
import { runPipeline } from '../proxy.ts'
import type { Remote } from '../remote.ts'
import type { Pipeline, PipelineResult, Resolved } from './pipeline.ts'
import { Recorder } from './recorder.ts'

/**
 * Runs several calls in one round trip. The function is run here, once, on a stand-in for the far object that only takes its steps down; they
 * travel as one message and run in order on one server. What a step returns may be used by later ones before anybody has it.
 *
 * It is one call: it has the client's options, and what `control(client).with()` says; and it runs at most once, or at least once, as a whole.
 *
 * @param build returns a step, an array or a plain object of steps: the results come in the same shape
 * @returns what those steps returned. A step that fails ends the pipeline with its error, whose `pipelineStep` is its number.
 * @throws PipelineError when `build` does what cannot be recorded, SerializationError, and what calls throw
 * @throws MethodNotFoundError when a step names what may not be called or read; see `docs/pipelining.md`
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
