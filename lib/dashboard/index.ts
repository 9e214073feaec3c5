export { type Dashboard, dashboard } from './dashboard.ts'
export type { DashboardAction, DashboardOptions, DashboardRefusal, DashboardRequest } from './options.ts'
export { type RunningDashboard, type ServeDashboardOptions, serveDashboard } from './serve.ts'
