import type { IsAny } from '../../util/identical.ts'
import type { IfTravels } from './if-travels.ts'
import type { StreamResult } from './remote-stream.ts'

/** A property as the other process sees it: awaiting it reads it. */
export type RemoteProperty<V, Name extends string> =
  IsAny<V> extends true ? PromiseLike<V> : IfTravels<Awaited<V>, Name, PromiseLike<StreamResult<Awaited<V>>>>
