import { family, sample } from '../rpc/meter/exposition.ts'
import type { FirstItems } from './page.ts'
import type { QueueView } from './queue-view.ts'
import type { GroupView, StreamView } from './stream-view.ts'

/** How many queues, streams and groups have metrics, each. */
export const MOST_MEASURED = 1_000

/** Formats what waits in queues and streams for Prometheus. */
export function backlogMetrics(queues: FirstItems<QueueView>, streams: FirstItems<StreamView>): string {
  const groups = streams.items.flatMap((stream) => groupsOf(stream))
  const measured = groups.slice(0, MOST_MEASURED)
  const ofQueues = gauges(queues.items, ({ name }) => ({ queue: name }))
  const ofStreams = gauges(streams.items, ({ name }) => ({ stream: name }))
  const ofGroups = gauges(measured, ({ stream, group }) => ({ stream, group: group.name }))
  return [
    noteOfMore('queues', queues.more),
    ofQueues('redis_object_rpc_queue_waiting', 'Tasks that wait.', ({ waiting }) => waiting),
    ofQueues('redis_object_rpc_queue_delayed', 'Tasks that wait for their time.', ({ delayed }) => delayed),
    ofQueues('redis_object_rpc_queue_in_progress', 'Tasks that workers hold.', ({ inProgress }) => inProgress),
    ofQueues('redis_object_rpc_queue_dead', 'Dead letters of the queue.', ({ dead }) => dead),
    ofQueues('redis_object_rpc_queue_oldest_seconds', 'For how long the next task could have been taken.', oldest),
    noteOfMore('streams', streams.more),
    ofStreams('redis_object_rpc_stream_events', 'Events that the stream holds.', ({ length }) => length),
    noteOfMore('groups', groups.length > measured.length),
    ofGroups(
      'redis_object_rpc_group_pending',
      'Events that were delivered and not acknowledged.',
      ({ group }) => group.pending,
    ),
    ofGroups('redis_object_rpc_group_lag', 'Events that were not delivered yet.', ({ group }) => group.lag),
    ofGroups('redis_object_rpc_group_dead', 'Dead letters of the group.', ({ group }) => group.dead),
  ].join('')
}

/** In seconds; undefined: unknown. */
function oldest({ waiting, oldestMs = waiting === 0 ? 0 : undefined }: QueueView): number | undefined {
  return oldestMs === undefined ? undefined : oldestMs / 1_000
}

/**
 * The groups of a stream. Names that are not UTF-8 may read the same, and Prometheus refuses a whole
 * text that has a sample twice.
 */
function groupsOf({ name, groups }: StreamView): { readonly stream: string; readonly group: GroupView }[] {
  const byName = new Map(groups.map((group) => [group.name, group]))
  return [...byName.values()].map((group) => ({ stream: name, group }))
}

/** Formats gauges of the same things; one without a value has no sample. */
function gauges<V>(
  things: readonly V[],
  labels: (thing: V) => Record<string, string>,
): (name: string, help: string, value: (thing: V) => number | undefined) => string {
  return (name, help, value) => {
    const samples = things.flatMap((thing) => {
      const measured = value(thing)
      return measured === undefined ? [] : [sample('', labels(thing), measured)]
    })
    return family(name, 'gauge', help, samples)
  }
}

function noteOfMore(what: string, more: boolean): string {
  return more ? `# Only the first ${MOST_MEASURED} ${what} are measured; there may be more.\n` : ''
}
