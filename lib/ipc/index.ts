export type {
  Middleware,
  MiddlewareCall,
  MiddlewareMessage,
  MiddlewareOption,
  MiddlewareStep,
} from '../chain/middleware.ts'
export {
  ClosedError,
  ConnectionError,
  DeliveryUnknownError,
  InvalidDataError,
  InvalidOptionError,
  isRpcError,
  LeaseLostError,
  MessageTooLargeError,
  RpcError,
  SerializationError,
  TimeoutError,
  UnsupportedError,
  WrongTypeError,
} from '../errors.ts'
export type { LinkEndOptions } from '../link/options.ts'
export type { RedisSource } from '../link/source.ts'
export type { Clock, ClockTimer } from '../util/clock.ts'
export type { ValueClass, ValueClasses, ValueType } from '../wire/codec.ts'
export type { MessageOptions } from '../wire/options.ts'
export { Cache } from './cache/cache.ts'
export type { CacheLayout, CacheOptions, CacheSetOptions, GetOrSetOptions } from './cache/options.ts'
export type { DeadLetter, DeadLetters, ListDeadLettersOptions } from './dead-letters.ts'
export type { StreamEvent } from './events/event.ts'
export type { GroupEvent } from './events/event-delivery.ts'
export type { GroupReadStreamOptions } from './events/group-options.ts'
export { GroupReadStream } from './events/group-stream.ts'
export { ReadStream, type ReadStreamOptions } from './events/read-stream.ts'
export { type PublishEventOptions, WriteStream, type WriteStreamOptions } from './events/write-stream.ts'
export type { IpcOptions, WaitOptions } from './options.ts'
export type { ReadQueueOptions, ReliableReadQueueOptions } from './queue/options.ts'
export { ReadQueue, type ReadQueueConstructor } from './queue/read-queue.ts'
export type { ReliableReadQueue } from './queue/reader.ts'
export type { ReliableTask, Task } from './queue/task.ts'
export { type PublishOptions, WriteQueue, type WriteQueueOptions } from './queue/write-queue.ts'
export type { Acknowledgeable, NackOptions } from './reader/delivery.ts'
export type { ProcessOptions, ReliableProcessOptions } from './reader/process-options.ts'
