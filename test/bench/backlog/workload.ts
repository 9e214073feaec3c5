import { echo } from '../echo/workload.ts'
import type { Workload } from '../workload.ts'

export const backlog: Workload = {
  ...echo,
  name: 'backlog',
  about: '100,000 requests already on the list, answered by one server',
  contenders: ['cb', 'ours'],
  inFlight: [0],
  backlog: 100_000,
}
