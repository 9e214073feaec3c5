/**
 * Names that are no methods of something elsewhere. Code that knows nothing of an object looks for them on whatever it is given,
 * to find out what it is, or to await, show, compare or keep it, and calls what it finds: a test that compares a client, or a page
 * that shows one, would run methods in another process. So here they mean what they mean on any empty object.
 *
 * A server exposes a method with such a name only where `expose` names it; `control(client).call(name)` calls it.
 */
const NAMES = [
  // What every object has; the others of Object.prototype begin with `_`.
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
  // Is it a promise? `await` asks.
  'then',
  'catch',
  'finally',
  // How is it shown, compared or kept? JSON, BSON, Mongoose, PostgreSQL, MySQL, Handlebars, sinon, Jest, Jasmine and Immutable ask.
  'toJSON',
  'toBSON',
  'toObject',
  'toPostgres',
  'toSqlString',
  'toHTML',
  'inspect',
  'asymmetricMatch',
  'jasmineToString',
  'hashCode',
  // Is it of a page? Printers and comparisons ask.
  'nodeType',
  'nodeName',
  'tagName',
  'hasAttribute',
  'jquery',
  // NestJS begins and ends with these whatever it injects: the far object would begin and end with each client.
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
] as const

/**
 * How names begin that are no methods of something elsewhere: private ones (`_id`, `__proto__`), and the marks by which
 * frameworks know their own (`__v_isRef`, `_isMockFunction`, `$$typeof`, `$__`, `@@__IMMUTABLE_MAP__@@`, `@@observable`).
 */
const PREFIXES = ['_', '$_', '$$', '@@'] as const

/** A name for which {@link isLocalName} holds. */
export type LocalName = (typeof NAMES)[number] | `${(typeof PREFIXES)[number]}${string}`

const names: ReadonlySet<string> = new Set(NAMES)

/** Whether a name means here what it means on any object, instead of a method elsewhere. */
export function isLocalName(name: string): boolean {
  return names.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))
}
