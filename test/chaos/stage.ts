import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { control, RedisRPCClient, type Remote } from 'redis-object-rpc'
import { freshName } from '../helpers/names.ts'
import type { RedisProcess } from '../helpers/redis-process.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { type Backend, ProcessBackend } from './backends.ts'
import { listening, spawnServer, type Work } from './server-process.ts'

/** A Redis, servers in processes of their own behind one proxy, and clients behind another. */
export class Stage implements AsyncDisposable {
  readonly backend: Backend
  readonly clientSide: TcpProxy
  readonly serverSide: TcpProxy
  readonly servers: ChildProcess[] = []
  readonly clients: Remote<Work>[] = []
  readonly name: string = freshName('chaos')
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-object-rpc-chaos-'))

  private constructor(backend: Backend, clientSide: TcpProxy, serverSide: TcpProxy) {
    this.backend = backend
    this.clientSide = clientSide
    this.serverSide = serverSide
    writeFileSync(this.#log, '')
  }

  static async set(servers: number, clients: number, backend?: Backend): Promise<Stage> {
    const redis = backend ?? (await ProcessBackend.start())
    const target = redis.isProxied ? redis.url : undefined
    const stage = new Stage(redis, await TcpProxy.start(target), await TcpProxy.start(target))
    await Promise.all(Array.from({ length: servers }, () => stage.addServer()))
    for (let n = 0; n < clients; n++) stage.clients.push(await stage.#client())
    return stage
  }

  /** The process of an ordinary backend. */
  get redis(): RedisProcess {
    if (this.backend instanceof ProcessBackend) return this.backend.process
    throw new Error('this stage has another kind of Redis')
  }

  async addServer(): Promise<ChildProcess> {
    const url = this.#urlAt(this.serverSide)
    const child = spawnServer({ url, name: this.name, log: this.#log })
    this.servers.push(child)
    await listening(child)
    return child
  }

  /** How often each call was begun. */
  runs(): Map<string, number> {
    const runs = new Map<string, number>()
    for (const id of readFileSync(this.#log, 'utf8').split('\n')) if (id !== '') runs.set(id, (runs.get(id) ?? 0) + 1)
    return runs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.clientSide.release()
    await Promise.all(this.clients.map((client) => control(client).close()))
    for (const server of this.servers) server.kill('SIGKILL')
    await this.clientSide.close()
    await this.serverSide.close()
    await this.backend.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #log(): string {
    return join(this.#folder, 'runs')
  }

  #urlAt(proxy: TcpProxy): string {
    return this.backend.isProxied ? proxy.url : this.backend.url
  }

  async #client(): Promise<Remote<Work>> {
    const url = this.#urlAt(this.clientSide)
    const client = new RedisRPCClient<Work>(url, this.name, { timeoutMs: 15_000, onError: () => {} })
    await control(client).servers()
    return client
  }
}
