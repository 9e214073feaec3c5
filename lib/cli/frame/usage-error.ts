/** The command line says what the command cannot do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
