export type {
  Middleware,
  MiddlewareCall,
  MiddlewareMessage,
  MiddlewareOption,
  MiddlewareStep,
} from '../chain/middleware.ts'
export { FunctionClient } from './call.ts'
export type { FunctionClientStats } from './calls.ts'
export type { FunctionCallOptions, FunctionClientOptions, FunctionPushOptions } from './client-options.ts'
export type {
  AnyFunctions,
  FunctionArguments,
  FunctionName,
  FunctionReturn,
  Functions,
  RemoteFunctions,
} from './function-map.ts'
export { RemoteFunctionError } from './remote-function-error.ts'
export { FunctionServer, type FunctionServerStats } from './serve.ts'
export type { FunctionServerOptions } from './server-options.ts'
