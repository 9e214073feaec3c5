import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from '../../../lib/embedded/catalog/registry.ts'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { Config } from '../../../lib/embedded/config/config.ts'
import { Engine } from '../../../lib/embedded/engine/engine.ts'
import { Listener } from '../../../lib/embedded/net/listener.ts'
import { AppendOnlyFile } from '../../../lib/embedded/persistence/append-only-file.ts'
import { type FileSystem, nodeFileSystem } from '../../../lib/embedded/persistence/file-system.ts'
import { type Clock, systemClock } from '../../../lib/util/clock.ts'
import { RawClient } from '../helpers/raw-client.ts'

/** Folders that tests have made; removed when the process ends, which may have run several files of tests. */
const folders: string[] = []

/** The path of a file that is not there, in a folder of its own. */
export function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-object-rpc-'))
  folders.push(folder)
  return join(folder, 'appendonly.aof')
}

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface Options {
  readonly config?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly files?: FileSystem
}

/** The embedded server with an append-only file, on a file system and a clock of the test's choice. */
export class PersistentServer implements AsyncDisposable {
  readonly path: string
  readonly engine: Engine
  readonly file: AppendOnlyFile
  readonly logged: readonly string[]
  readonly #listener: Listener

  private constructor(
    path: string,
    engine: Engine,
    file: AppendOnlyFile,
    logged: readonly string[],
    listener: Listener,
  ) {
    this.path = path
    this.engine = engine
    this.file = file
    this.logged = logged
    this.#listener = listener
  }

  static async start(
    path: string,
    { config = {}, clock = systemClock, files = nodeFileSystem }: Options = {},
  ): Promise<PersistentServer> {
    const logged: string[] = []
    const log = (_level: string, message: string): void => void logged.push(message)
    const settings = new Config({ appendonly: 'yes' })
    settings.set(Object.entries(config))
    const engine = new Engine(clock, settings, new Registry(COMMANDS), log)
    const file = await AppendOnlyFile.open(engine, path, files)
    engine.appendOnlyFile = file
    return new PersistentServer(path, engine, file, logged, await Listener.open(engine, '127.0.0.1', 0, 1024 * 1024))
  }

  get port(): number {
    return this.#listener.port
  }

  /** The file's bytes, a character each. */
  get text(): string {
    return readFileSync(this.path, 'latin1')
  }

  connect(): Promise<RawClient> {
    return RawClient.connect(this.port)
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.#listener.close(0)
    this.engine.close()
    await this.file.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
