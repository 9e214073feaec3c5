import type { MemberPath, WritablePath } from '../util/member-paths.ts'

/**
 * Names that `expose` accepts for an object: its methods, properties and namespaces, and paths into
 * these. Any name, if the type is just `object`.
 */
export type Exposable<T extends object> = MemberPath<T>

/** Names that `writable` accepts for an object: its properties that are not readonly. */
export type Settable<T extends object> = WritablePath<T>
