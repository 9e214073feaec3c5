import { createHash } from 'node:crypto'

/** Takes files, chunk by chunk as they are sent. */
export class Files {
  async store(name: string, data: AsyncIterable<Uint8Array>): Promise<{ name: string; bytes: number; sha256: string }> {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of data) {
      hash.update(chunk)
      bytes += chunk.length
    }
    return { name, bytes, sha256: hash.digest('hex') }
  }

  /** Sends back what it gets, in capitals: a stream that is read and one that is written at once. */
  async *capitals(lines: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const line of lines) yield line.toUpperCase()
  }
}
