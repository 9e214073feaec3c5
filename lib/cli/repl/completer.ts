import type { AsyncCompleter, CompleterResult } from 'node:readline'
import type { Services } from './services.ts'

/** A partly typed method of a service: `calc.us`, `calc.users.fi`. */
const METHOD = /(?:^|[^\p{ID_Continue}$.])([\p{ID_Start}$_][\p{ID_Continue}$]*)\.([\p{ID_Continue}$.]*)$/u

type Done = (error: null, result: CompleterResult) => void

/**
 * Completes methods of services, which it asks their servers for, and everything else as Node does.
 * @param ordinary Node's own completer
 * @param it the service that `it` refers to
 */
export function completer(services: Services, ordinary: unknown, it: string | undefined): AsyncCompleter {
  return (line, done) => {
    const [, name = '', typed = ''] = METHOD.exec(line) ?? []
    const service = name === 'it' && it !== undefined ? it : name
    if (service !== it && !services.globals.includes(service)) {
      ;(ordinary as AsyncCompleter)(line, done as never)
      return
    }
    services.methods(service).then(
      (methods) => offer(done, typed, methods),
      () => offer(done, typed, []),
    )
  }
}

function offer(done: unknown, typed: string, methods: readonly string[]): void {
  const found = methods.filter((method) => method.startsWith(typed))
  ;(done as Done)(null, [found, typed])
}
