import { thrownText } from '../../wire/thrown.ts'

/**
 * Disposes of an object that was lent and that nobody has any more, where it can be disposed of.
 * @param onError learns what that throws
 */
export function dispose(object: object, onError: (error: Error) => void): void {
  const failed = (error: unknown): void =>
    onError(error instanceof Error ? error : new Error(`disposing of a reference threw ${thrownText(error)}`))
  try {
    const { [Symbol.dispose]: sync, [Symbol.asyncDispose]: async } = object as Partial<Disposable & AsyncDisposable>
    const done: unknown = typeof sync === 'function' ? sync.call(object) : async?.call(object)
    Promise.resolve(done).catch(failed)
  } catch (error) {
    failed(error)
  }
}
