/** The exit codes of all commands; `docs/cli.md` lists them. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  noRedis: 3,
  noServer: 4,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]
