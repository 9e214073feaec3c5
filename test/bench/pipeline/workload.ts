import { strings } from '../payload.ts'
import type { Workload } from '../workload.ts'

/** Each call of a contender is one call, or a chain of five. */
export const pipeline: Workload = {
  name: 'pipeline',
  about: 'one call (ours), and five of which each needs the result of the one before: by pipe, and one by one',
  contenders: ['ours', 'ours-pipe', 'ours-5'],
  base: 'ours',
  inFlight: [1, 100],
  payload: strings(100, 4099),
  isAnswer: (sent, got) => sent === got,
}
