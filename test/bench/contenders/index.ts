import type { Contender } from '../contender.ts'

interface Entry {
  /** Loads it on demand, so that no contender's process carries the code of another. */
  readonly load: () => Promise<Contender>
  /** Most calls one client can have in flight; absent where there is no such limit. */
  readonly maxInFlight?: number
}

export type ContenderName =
  | 'raw4'
  | 'b'
  | 'cb'
  | 'ours'
  | 'ours-middleware'
  | 'ours-otel'
  | 'ours-pipe'
  | 'ours-5'
  | 'ours-stream'
  | 'ours-callback'

export const contenders: Readonly<Record<ContenderName, Entry>> = {
  raw4: { load: async () => (await import('./raw4.ts')).raw4, maxInFlight: 1 },
  b: { load: async () => (await import('./b.ts')).b },
  cb: { load: async () => (await import('./cb.ts')).cb },
  ours: { load: async () => (await import('./ours.ts')).ours },
  'ours-middleware': { load: async () => (await import('./ours-middleware.ts')).oursMiddleware },
  'ours-otel': { load: async () => (await import('./ours-otel.ts')).oursOtel },
  'ours-pipe': { load: async () => (await import('./ours-chain.ts')).oursPipe },
  'ours-stream': { load: async () => (await import('./ours-stream.ts')).oursStream },
  'ours-callback': { load: async () => (await import('./ours-callback.ts')).oursCallback },
  'ours-5': { load: async () => (await import('./ours-chain.ts')).oursFive },
}
