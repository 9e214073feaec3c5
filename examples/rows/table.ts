export interface Row {
  readonly id: number
  readonly name: string
  readonly note: string
}

/** What a server streams: rows that are made as they are asked for. */
export class Table {
  async *rows(count: number): AsyncGenerator<Row> {
    try {
      for (let id = 0; id < count; id++) yield { id, name: `row ${id}`, note: 'x'.repeat(60) }
    } finally {
      console.log('server: the table is closed')
    }
  }

  /** Bytes that this process uses, once its garbage is collected. */
  memory(): number {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
}
