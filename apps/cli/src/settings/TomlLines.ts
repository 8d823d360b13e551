/**
 * Finds the line of a TOML document that an error is about.
 *
 * The parser keeps no positions, so the text is read again for headers and keys alone. A wrong guess costs a person a
 * search, never a decision: nothing here is used to read values.
 */

const header = /^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$/u
const assignment = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/u
const part = /[\w-]+|"[^"]*"|'[^']*'/gu

/** The 1-based line of the longest part of `path` that the document spells out; 1 if none. */
export const locate = (text: string, path: ReadonlyArray<string>): number => {
  const counts = new Map<string, number>()
  let table: ReadonlyArray<string> = []
  let best = { depth: 0, line: 1 }
  const note = (keys: ReadonlyArray<string>, line: number) => {
    const depth = common(keys, path)
    // Deeper is better; a key that merely shares a prefix with the path is not the path.
    if (depth === Math.min(keys.length, path.length) && depth > best.depth) best = { depth, line }
  }
  text.split("\n").forEach((content, index) => {
    const [, brackets, name] = header.exec(content) ?? []
    if (name !== undefined) {
      table = keysOf(name)
      if (brackets === "[[") {
        const key = table.join(".")
        counts.set(key, (counts.get(key) ?? -1) + 1)
      }
      table = indexed(table, counts)
      return note(table, index + 1)
    }
    const [, key] = assignment.exec(content) ?? []
    if (key !== undefined) note([...table, ...keysOf(key)], index + 1)
  })
  return best.line
}

const keysOf = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(part), ([key]) => key.replace(/^["']|["']$/gu, ""))

// Puts the number of the current element behind each array of tables, as paths of values have it.
const indexed = (keys: ReadonlyArray<string>, counts: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  keys.flatMap((key, position) => {
    const count = counts.get(keys.slice(0, position + 1).join("."))
    return count === undefined ? [key] : [key, String(count)]
  })

const common = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): number => {
  const stop = left.findIndex((key, index) => key !== right[index])
  return stop === -1 ? Math.min(left.length, right.length) : stop
}
