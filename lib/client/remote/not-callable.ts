declare const reason: unique symbol

/** Stands in `Remote<T>` for a method that no other process can call. Editors and the compiler print why. */
export interface NotCallable<Why> {
  readonly [reason]?: Why
}
