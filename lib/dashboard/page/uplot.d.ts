/** What `uplot.js` defines, as far as the charts need it. */
declare class uPlot {
  constructor(options: object, data: readonly (readonly (number | null)[])[], parent: HTMLElement)
  readonly cursor: { readonly idx: number | null }
  setData(data: readonly (readonly (number | null)[])[]): void
  setSize(size: { width: number; height: number }): void
  destroy(): void
}
