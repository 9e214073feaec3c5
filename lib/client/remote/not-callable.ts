declare const reason: unique symbol

/**
 * The type in `Remote<T>` of a method that no other process can call. Editors and the compiler show
 * the reason.
 */
export interface NotCallable<Why> {
  readonly [reason]?: Why
}
