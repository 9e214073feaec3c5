export {
  type ErrorReport,
  LATENCY_BOUNDS_MS,
  type LatencyReport,
  type MethodReport,
  type ServerReport,
} from '../rpc/meter/server-report.ts'
export type { ServerInfo } from '../rpc/presence/server-info.ts'
export type { CacheEntryView, CacheView } from './cache-view.ts'
export type { HealthCheck } from './health.ts'
export { Inspector, type InspectorOptions } from './inspector.ts'
export { type LeaseView, withLeases } from './lease-view.ts'
export { firstItems, type Page, type PageOptions } from './page.ts'
export type { ReplayOptions } from './queue-changes.ts'
export type { ItemOptions, ItemView, QueuePart } from './queue-items.ts'
export type { QueueView } from './queue-view.ts'
export type { ServiceDetail, ServiceView } from './service-view.ts'
export type { GroupView, StreamView } from './stream-view.ts'
