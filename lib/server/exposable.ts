import type { MemberPath, WritablePath } from '../util/member-paths.ts'

/**
 * What `expose` may name of an object: its methods, properties and namespaces, and what is in these. Any name, where the type says no
 * more than `object`.
 */
export type Exposable<T extends object> = MemberPath<T>

/** What `writable` may name of an object: its properties that are not readonly. */
export type Settable<T extends object> = WritablePath<T>
