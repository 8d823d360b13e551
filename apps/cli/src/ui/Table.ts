/** Columns for people: aligned, a dimmed head, nothing cut off. Programs use `--json`. */
import * as Shown from "./Shown.ts"
import * as Wrap from "./Wrap.ts"

/** With a `width` the last column is broken between words where a row is longer. */
export const render = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  paint: (text: string) => string,
  width = Infinity
): string => {
  const shown = rows.map((row) => row.map(Shown.line))
  const widths = head.map((title, column) => Math.max(title.length, ...shown.map((row) => row[column]?.length ?? 0)))
  const format = (cells: ReadonlyArray<string>): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  const indent = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0)
  return [paint(format(head)), ...shown.map((row) => Wrap.text(format(row), width, indent))].join("\n")
}

/** `name  value` lines, for one thing with several members; absent values are left out. */
export const pairs = (entries: ReadonlyArray<readonly [name: string, value: string | undefined]>): string => {
  const present = entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const width = Math.max(0, ...present.map(([name]) => name.length))
  return present.map(([name, value]) => `${name.padEnd(width)}  ${Shown.line(value)}`).join("\n")
}
