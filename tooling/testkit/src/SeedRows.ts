/**
 * The rows of `docs/seeds.md`, and whether the test that each of them names ran and passed.
 *
 * Imports nothing, so that the task that runs all tests can ask it about their report.
 */

export interface Row {
  readonly line: number
  readonly cells: ReadonlyArray<string>
  /** Undefined where the row names no test in its third cell. */
  readonly test?: { readonly file: string; readonly title: string }
}

/** What a JSON report of vitest says of one file. */
export interface FileResult {
  readonly name: string
  readonly assertionResults: ReadonlyArray<{ readonly title: string; readonly status: string }>
}

/** Every row of every table, without heads. */
export const parse = (markdown: string): ReadonlyArray<Row> => {
  const lines = markdown.split("\n")
  return lines.flatMap((text, index) => {
    const isHead = /^\|[-| ]+\|$/u.test(lines[index + 1] ?? "")
    if (!text.startsWith("|") || isHead || /^\|[-| ]+\|$/u.test(text)) return []
    const cells = text
      .slice(1, text.endsWith("|") ? -1 : undefined)
      .split("|")
      .map((cell) => cell.trim())
    const named = /^`(?<file>[^`]+\.test\.ts)`: (?<title>.+)$/u.exec(cells[2] ?? "")?.groups
    const { file, title } = named ?? {}
    return [{ line: index + 1, cells, ...(file === undefined || title === undefined ? {} : { test: { file, title } }) }]
  })
}

/**
 * What is wrong with the rows under a report, a sentence each. Of a run of some files, only their rows are asked.
 *
 * Where the vectors are missing their suites are skipped and say so (`Vectors.suite`); only then a skipped row is none.
 */
export const unproven = (
  rows: ReadonlyArray<Row>,
  report: ReadonlyArray<FileResult>,
  isWhole: boolean
): ReadonlyArray<string> =>
  rows.flatMap(({ line, test }) => {
    if (test === undefined) return [`line ${line}: names no test`]
    const { file, title } = test
    const ran = report.find(({ name }) => name.endsWith(`/${file}`))
    if (ran === undefined) return isWhole ? [`line ${line}: ${file} did not run`] : []
    const statuses = ran.assertionResults.filter((result) => result.title === title).map(({ status }) => status)
    if (statuses.length > 0 && statuses.every((status) => status === "passed")) return []
    // A filter by title leaves the others out.
    if (!isWhole && statuses.length > 0 && !statuses.includes("failed")) return []
    if (statuses.length === 0 && ran.assertionResults.some(isWithoutVectors)) return []
    return [`line ${line}: ${file}: "${title}" ${statuses.length === 0 ? "did not run" : statuses.join(", ")}`]
  })

const isWithoutVectors = ({ status, title }: FileResult["assertionResults"][number]): boolean =>
  status !== "passed" && status !== "failed" && /^finds the \w+ vectors$/u.test(title)
