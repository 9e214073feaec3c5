/**
 * Names that are never remote methods. Code that knows nothing about an object looks for them, to
 * find out what the object is, or to await, print, compare or store it, and calls what it finds. A
 * test that compares a client, or a page that shows one, would then run methods in another process.
 * On remote objects these names mean the same as on an empty object.
 *
 * A server exposes a method with such a name only if `expose` names it; call it with
 * `control(client).call(name)`.
 */
const NAMES = [
  // Members of every object; the others of Object.prototype begin with `_`.
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
  // Is it a promise? `await` checks this.
  'then',
  'catch',
  'finally',
  // How is it printed, compared or stored? JSON, BSON, Mongoose, PostgreSQL, MySQL, Handlebars,
  // sinon, Jest, Jasmine and Immutable check these.
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
  // Is it a DOM element? Printers and comparisons check these.
  'nodeType',
  'nodeName',
  'tagName',
  'hasAttribute',
  'jquery',
  // NestJS calls these on everything it injects: each client would start and stop the remote
  // object.
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
] as const

/**
 * Prefixes of names that are never remote methods: private ones (`_id`, `__proto__`), and the
 * markers of frameworks (`__v_isRef`, `_isMockFunction`, `$$typeof`, `$__`,
 * `@@__IMMUTABLE_MAP__@@`, `@@observable`).
 */
const PREFIXES = ['_', '$_', '$$', '@@'] as const

/** A name for which {@link isLocalName} holds. */
export type LocalName = (typeof NAMES)[number] | `${(typeof PREFIXES)[number]}${string}`

const names: ReadonlySet<string> = new Set(NAMES)

/** Whether a name means the same as on any object, instead of a remote method. */
export function isLocalName(name: string): boolean {
  return names.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))
}
