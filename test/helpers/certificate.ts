import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate of localhost that nobody but itself has signed, in files. */
export interface Certificate extends Disposable {
  readonly cert: string
  readonly key: string
  /** What a real Redis needs to be told to use it, without asking clients for theirs. */
  readonly settings: readonly (readonly [name: string, value: string])[]
}

/** Undefined where there is no `openssl`. */
export function makeCertificate(): Certificate | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'redis-object-rpc-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const remove = (): void => rmSync(directory, { recursive: true })
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const kind = ['-x509', '-days', '2', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  } catch {
    remove()
    return undefined
  }
  const settings = [
    ['tls-cert-file', cert],
    ['tls-key-file', key],
    ['tls-ca-cert-file', cert],
    ['tls-auth-clients', 'no'],
    ['tls-replication', 'yes'],
  ] as const
  return { cert, key, settings, [Symbol.dispose]: remove }
}
