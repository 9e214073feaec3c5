import { echo } from '../echo/workload.ts'
import type { Workload } from '../workload.ts'

export const ownTurn: Workload = {
  ...echo,
  name: 'own-turn',
  about: 'the same, each call started in an event-loop turn of its own',
  contenders: ['cb', 'ours'],
  inFlight: [100],
  ownTurn: true,
}
