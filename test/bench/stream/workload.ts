import { strings } from '../payload.ts'
import type { Workload } from '../workload.ts'

/** With `ours-stream` a call is the next item of one stream that is read all along. */
export const stream: Workload = {
  name: 'stream',
  about: 'a string of 100 B: by a call each (ours), and as the items of one stream (ours-stream)',
  contenders: ['ours', 'ours-stream'],
  base: 'ours',
  inFlight: [1, 100, 1000],
  payload: strings(100, 4099),
  isAnswer: (_sent, got) => typeof got === 'string' && got.length === 100,
}
