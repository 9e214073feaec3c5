export type { CallRecord } from '../rpc/call-record.ts'
export type { ServerInfo } from '../rpc/server-info.ts'
export {
  type ErrorReport,
  LATENCY_BOUNDS_MS,
  type LatencyReport,
  type MethodReport,
  type ServerReport,
} from '../rpc/server-report.ts'
export { Inspector, type InspectorOptions } from './inspector.ts'
export type { ServiceDetail, ServiceView } from './service-view.ts'
