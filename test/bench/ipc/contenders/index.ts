import type { QueueContender } from '../contender.ts'

export type QueueContenderName = 'bare' | 'plain' | 'reliable' | 'bullmq'

/** Loaded on demand, so that no contender's process carries the code of another. */
export const contenders: Readonly<Record<QueueContenderName, () => Promise<QueueContender>>> = {
  bare: async () => (await import('./bare.ts')).bare,
  plain: async () => (await import('./ours.ts')).ours(false),
  reliable: async () => (await import('./ours.ts')).ours(true),
  bullmq: async () => (await import('./bullmq.ts')).bullmq,
}
