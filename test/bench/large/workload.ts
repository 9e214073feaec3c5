import { strings } from '../payload.ts'
import type { Workload } from '../workload.ts'

export const large: Workload = {
  name: 'large',
  about: 'a string of 1 MB there and back',
  contenders: ['b', 'cb', 'ours'],
  inFlight: [10],
  payload: strings(1_000_000, 17),
  isAnswer: (sent, got) => sent === got,
}
