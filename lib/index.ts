export type { ClientStats } from './client/caller.ts'
export { kwargs } from './client/kwargs.ts'
export type { CallOptions, Delivery, RedisRPCClientOptions } from './client/options.ts'
export { pipe } from './client/pipe/pipe.ts'
export type { Argument, Pipeline, PipelineResult, Resolved, Step, StepMethod, StepOf } from './client/pipe/pipeline.ts'
export { type ClientControl, control, RedisRPCClient, type RedisRPCClientConstructor } from './client/proxy.ts'
export type { All, Notify, ServerReply } from './client/remote/each-way.ts'
export type { NotCallable } from './client/remote/not-callable.ts'
export type { RemoteMethod } from './client/remote/remote-method.ts'
export type { RemoteProperty } from './client/remote/remote-property.ts'
export type { Remote, RemoteNamespace, RemoteObject } from './client/remote.ts'
export * from './errors.ts'
export type { CallEndOptions, LinkEndOptions } from './link/options.ts'
export type { RedisSource } from './link/source.ts'
export type { SharedConnections } from './link/use.ts'
export { RedisRPC } from './redis-rpc.ts'
export { release } from './rpc/objects/borrowed.ts'
export {
  type ByReference,
  type ReferenceClass,
  type ReferenceOptions,
  RemoteTarget,
  ref,
} from './rpc/objects/by-reference.ts'
export type { ServerInfo } from './rpc/server-info.ts'
export type { Exposable, Settable } from './server/exposable.ts'
export type { RedisRPCServerOptions } from './server/options.ts'
export { RedisRPCServer } from './server/serve.ts'
export type { ServerStats } from './server/stats.ts'
export type { Clock, Timer } from './util/clock.ts'
export type { Class, ClassList, ValueType } from './wire/codec.ts'
export { isRemote } from './wire/failure.ts'
export type { MessageOptions } from './wire/options.ts'
