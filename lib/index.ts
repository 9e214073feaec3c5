export type {
  Middleware,
  MiddlewareCall,
  MiddlewareMessage,
  MiddlewareOption,
  MiddlewareStep,
} from './chain/middleware.ts'
export type { ClientStats } from './client/caller.ts'
export { type ClientControl, control } from './client/control.ts'
export { kwargs } from './client/kwargs.ts'
export type { CallOptions, RedisRPCClientOptions } from './client/options.ts'
export { pipe } from './client/pipe/pipe.ts'
export type { Argument, Pipeline, PipelineResult, Resolved, Step, StepMethod, StepOf } from './client/pipe/pipeline.ts'
export { RedisRPCClient, type RedisRPCClientConstructor } from './client/proxy.ts'
export type { All, Notify, ServerReply } from './client/remote/each-way.ts'
export type { NotCallable } from './client/remote/not-callable.ts'
export type { RemoteStream } from './client/remote/remote-stream.ts'
export type {
  Remote,
  RemoteCallback,
  RemoteFunction,
  RemoteMethod,
  RemoteNamespace,
  RemoteObject,
  RemoteProperty,
  RemoteReference,
} from './client/remote.ts'
export type { WatchOptions } from './client/watch-options.ts'
export { type Contract, type ContractCalled, type ContractMethods, type ContractServed, contract } from './contract.ts'
export * from './errors.ts'
export type { CallEndOptions, LinkEndOptions } from './link/options.ts'
export type { RedisSource } from './link/source.ts'
export type { SharedConnections } from './link/use.ts'
export { RedisRPC, type RedisRPCOptions } from './redis-rpc.ts'
export type { ErrorReport, LatencyReport, MethodReport, ServerReport } from './rpc/meter/server-report.ts'
export { release } from './rpc/objects/borrowed.ts'
export {
  type ByReference,
  type ReferenceClass,
  type ReferenceOptions,
  RemoteTarget,
  ref,
} from './rpc/objects/by-reference.ts'
export type { ServerInfo } from './rpc/presence/server-info.ts'
export type { StreamOptions } from './rpc/streams/options.ts'
export type { CallTrace, ServeTrace } from './rpc/tracing.ts'
export type { CallFilter, CallRecord } from './rpc/watch/call-record.ts'
export type { Exposable, Settable } from './server/exposable.ts'
export type { MethodOptions, RedisRPCServerOptions } from './server/options.ts'
export { RedisRPCServer } from './server/serve.ts'
export type { ServerStats } from './server/stats.ts'
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from './server/validation/standard-schema.ts'
export type { Clock, ClockTimer } from './util/clock.ts'
export type { ValueClass, ValueClasses, ValueType } from './wire/codec.ts'
export type { Delivery } from './wire/delivery.ts'
export { isRemote } from './wire/failure.ts'
export type { MessageOptions } from './wire/options.ts'
export type { SecretOption } from './wire/signature.ts'
