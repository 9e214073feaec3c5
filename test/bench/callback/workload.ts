import { strings } from '../payload.ts'
import type { Workload } from '../workload.ts'

/** With `ours-callback` a call ends after ten round trips back to the client and one of its own. */
export const callback: Workload = {
  name: 'callback',
  about: 'a string of 100 B there and back (ours), and by way of ten calls of a callback, one by one (ours-callback)',
  contenders: ['ours', 'ours-callback'],
  base: 'ours',
  inFlight: [1, 100],
  payload: strings(100, 4099),
  isAnswer: (sent, got) => sent === got,
}
