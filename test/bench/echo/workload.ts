import { strings } from '../payload.ts'
import type { Workload } from '../workload.ts'

export const echo: Workload = {
  name: 'echo',
  about: 'a string of 100 B there and back',
  contenders: ['raw4', 'b', 'cb', 'ours'],
  inFlight: [1, 10, 100, 1000],
  payload: strings(100, 4099),
  isAnswer: (sent, got) => sent === got,
}
