import { InvalidOptionError } from '../errors.ts'
import { exposedMembers } from '../expose/expose.ts'
import type { ExposedMethod } from '../expose/look-up.ts'
import type { ServerSettings } from './options.ts'
import { type MethodShape, methodShapes } from './validation/json-schema.ts'
import { validatedMethod } from './validation/validated-method.ts'

/** What remote callers may run on the served object. */
export interface ServedMethods {
  /** The names that are listed; what reads and writes properties is not among them. */
  readonly names: readonly string[]
  /** By name, with the validation that the option `methods` asks for. */
  readonly methods: ReadonlyMap<string, ExposedMethod>
  /** Their JSON Schemas, by name. */
  readonly shapes: Readonly<Record<string, MethodShape>>
}

/**
 * @param isValue whether an object is a value that is copied rather than a namespace
 * @throws InvalidOptionError when nothing can be called, or when an option names what cannot be
 */
export function servedMethods(
  service: string,
  target: object,
  settings: Pick<ServerSettings, 'expose' | 'writable' | 'methods'>,
  isValue: (object: object) => boolean,
): ServedMethods {
  const { expose, writable } = settings
  const exposed = exposedMembers(service, target, { expose, writable, isValue })
  const methods = new Map([...exposed.methods, ...exposed.builtins])
  for (const name of settings.methods.keys())
    if (!exposed.methods.has(name)) throw new InvalidOptionError('methods', 'named as methods that may be called', name)
  for (const [name, schemas] of settings.methods) {
    const method = methods.get(name)
    if (method !== undefined && (schemas.args !== undefined || schemas.result !== undefined))
      methods.set(name, validatedMethod(`${service}.${name}`, method, schemas))
  }
  return { names: [...exposed.methods.keys()], methods, shapes: methodShapes(settings.methods) }
}
