import { type FileSystem, nodeFileSystem, type OpenFile } from '../../../lib/embedded/persistence/file-system.ts'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'

/** The machine's files, of which a test decides when a sync or a write in the background is done, and what fails. */
export class SlowFiles implements FileSystem {
  /** Syncs and background writes wait for {@link release} while this is set. */
  holds: 'sync' | 'write' | undefined
  /** What is thrown instead of doing it. */
  failure:
    | { readonly what: 'writeNow' | 'write' | 'sync' | 'replace'; readonly code: string; readonly errno: number }
    | undefined
  /** Of a write that fails, so many bytes are written before. */
  bytesBeforeFailure = 0
  syncs = 0
  #held: Deferred<void>[] = []

  get held(): number {
    return this.#held.length
  }

  /** Lets what is held go on. */
  release(): void {
    for (const held of this.#held.splice(0)) held.resolve()
  }

  async open(path: string, empty: boolean): Promise<OpenFile> {
    const file = await nodeFileSystem.open(path, empty)
    return {
      size: () => file.size(),
      read: (buffer, at) => file.read(buffer, at),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
      writeNow: (bytes, at) => {
        if (this.failure?.what === 'writeNow' && this.bytesBeforeFailure > 0) {
          const part = bytes.subarray(0, this.bytesBeforeFailure)
          this.bytesBeforeFailure = 0
          return file.writeNow(part, at)
        }
        this.#fail('writeNow')
        return file.writeNow(bytes, at)
      },
      write: async (bytes, at) => {
        await this.#hold('write')
        this.#fail('write')
        return file.write(bytes, at)
      },
      sync: async () => {
        this.syncs++
        await this.#hold('sync')
        this.#fail('sync')
      },
    }
  }

  async replace(from: string, to: string): Promise<void> {
    this.#fail('replace')
    await nodeFileSystem.replace(from, to)
  }

  remove(path: string): Promise<void> {
    return nodeFileSystem.remove(path)
  }

  async #hold(what: 'sync' | 'write'): Promise<void> {
    if (this.holds !== what) return
    const held = deferred()
    this.#held.push(held)
    await held.promise
  }

  #fail(what: string): void {
    if (this.failure?.what !== what) return
    const { code, errno } = this.failure
    throw Object.assign(new Error(`${code}: failed, ${what}`), { code, errno })
  }
}
