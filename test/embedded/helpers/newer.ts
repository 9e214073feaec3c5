/** Whether a command or subcommand came after Redis 7.0, which the embedded server is compared with. */
export function isNewer(since: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number)
  return major > 7 || (major === 7 && minor > 0)
}
