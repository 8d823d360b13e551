/** One table for everything: what was measured, the figure, and beside it the mark that it is held against. */

export interface Row {
  readonly what: string
  readonly figure: string
  readonly mark?: string
  /** To what it was measured side by side with, in the same run. */
  readonly ratio?: string
}

export const render = (rows: ReadonlyArray<Row>): string => {
  const cells = [
    ["what", "figure", "mark", "ratio"],
    ...rows.map(({ what, figure, mark = "", ratio = "" }) => [what, figure, mark, ratio])
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("")
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`
export const us = (value: number): string => `${value.toFixed(0)} µs`
export const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`
export const perSecond = (value: number): string => `${value.toFixed(0)}/s`
export const ratio = (value: number, to: string): string => `${value.toFixed(2)} × ${to}`
