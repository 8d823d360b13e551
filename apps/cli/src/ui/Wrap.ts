/** Long lines for a terminal: broken between words, each further line indented. What stands in no terminal stays whole. */

/** `width` counts characters of the whole line; a word that is longer stays whole, so that it can be copied. */
export const text = (line: string, width: number, indent: number): string => {
  const margin = " ".repeat(indent)
  // What stands before the first word is the line's own indent.
  const [, start = "", rest = ""] = /^( *)(.*)$/su.exec(line) ?? []
  const [first = "", ...words] = rest.split(" ")
  const found: Array<string> = []
  let current = start + first
  for (const word of words) {
    if (current.length + 1 + word.length <= width) current += ` ${word}`
    else {
      found.push(current)
      current = margin + word
    }
  }
  return [...found, current].join("\n")
}
