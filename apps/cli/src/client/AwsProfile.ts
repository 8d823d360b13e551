/**
 * Our profiles in the configuration file of the AWS SDKs, as text: nothing of anybody else's is ever changed.
 *
 * Ours is a section that begins with our mark and holds nothing but what we write. Its `credential_process` is read in
 * three ways: through a shell (JavaScript), split like one (Python), and with `#` behind a blank as a comment.
 */

export interface Profile {
  readonly name: string
  /** The command's words, the first one an absolute path. */
  readonly words: ReadonlyArray<string>
  readonly region?: string
  readonly endpoint?: string
}

const mark = "# by bailiwick: change or remove it with `bailiwick setup aws`"
const ourKeys = /^(?:region|endpoint_url|credential_process) = /u

/** What a word may hold so that every reader takes it as one, and as it stands. */
const plain = /^[\w@%+=:,./-]+$/u
const quotable = /^[\w@%+=:,./*?[\]{}()&|<>~!; -]+$/u

/** The section's lines; undefined if a word holds what some reader would take for something else. */
export const write = ({ endpoint, name, region, words }: Profile): ReadonlyArray<string> | undefined => {
  const quoted = words.map((word) => (plain.test(word) ? word : quotable.test(word) ? `'${word}'` : undefined))
  if (quoted.includes(undefined) || / [#;]/u.test(words.join(" "))) return undefined
  return [
    `[profile ${name}]`,
    mark,
    ...(region === undefined ? [] : [`region = ${region}`]),
    ...(endpoint === undefined ? [] : [`endpoint_url = ${endpoint}`]),
    `credential_process = ${quoted.join(" ")}`
  ]
}

/** What stands under a profile's name. */
export const state = (text: string, name: string): "none" | "ours" | "foreign" => {
  const found = sections(text).filter((section) => nameOf(section) === name)
  if (found.length === 0) return "none"
  return found.length === 1 && found.every(isOurs) ? "ours" : "foreign"
}

/** The text with our profile as these lines, or without it; a profile of this name is ours or there is none. */
export const replace = (text: string, name: string, lines: ReadonlyArray<string>): string => {
  const all = sections(text)
  const at = all.findIndex((section) => nameOf(section) === name && isOurs(section))
  const own = all[at]
  // As the file ends its lines.
  const end = /^[^\n]*\r\n/u.test(text) ? "\r\n" : "\n"
  const written = lines.map((line) => `${line}${end}`)
  if (own === undefined) {
    if (written.length === 0) return text
    const gap = text === "" ? "" : text.endsWith("\n") ? end : `${end}${end}`
    return `${text}${gap}${written.join("")}`
  }
  // Blank lines and comments behind our last line are somebody else's.
  const rest = own.slice(own.findLastIndex((line) => ourKeys.test(line)) + 1)
  const before = all.slice(0, at).flat()
  const after = [...rest, ...all.slice(at + 1).flat()]
  if (written.length > 0) return [...before, ...written, ...after].join("")
  // With the section goes the blank line that parted it from the others.
  if (isBlank(rest[0])) return [...before, ...after.slice(1)].join("")
  const last = after.length === 0 && isBlank(before.at(-1)) ? before.length - 1 : before.length
  return [...before.slice(0, last), ...after].join("")
}

/** Parts of whole lines with their ends, of which each but the first begins with a header. */
const sections = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const parts: Array<Array<string>> = [[]]
  for (const line of text.split(/(?<=\n)/u)) {
    if (/^\s*\[/u.test(line)) parts.push([line])
    else parts.at(-1)?.push(line)
  }
  return parts
}

const bare = (line: string): string => line.replace(/\r?\n$/u, "")

const isBlank = (line: string | undefined): boolean => line !== undefined && bare(line) === ""

// In a configuration file a profile is `[profile NAME]`, in a credentials file `[NAME]`.
const nameOf = ([header = ""]: ReadonlyArray<string>): string | undefined =>
  /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/u.exec(header)?.[1]

const isOurs = (section: ReadonlyArray<string>): boolean => {
  const [, first, ...others] = section.map(bare)
  return first === mark && others.every((line) => ourKeys.test(line) || /^\s*(?:[#;].*)?$/u.test(line))
}
