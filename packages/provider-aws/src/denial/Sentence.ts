/**
 * The sentence by which AWS refuses a request, read from text that others wrote.
 *
 * Services word it alike (IAM User Guide, "Troubleshoot access denied error messages"): `User: ARN is not authorized to
 * perform: SERVICE:Action on resource: ARN because no session policy allows the SERVICE:Action action`, or `… with an
 * explicit deny in a session policy`. Some leave out the resource, the reason or the user, and S3 quotes the resource.
 */

export interface Sentence {
  /** Who was refused, as the sentence says. */
  readonly principal?: string
  readonly action: string
  readonly resource?: string
  /** The kind of policy that decided: `session policy`, `identity-based policy`, `permissions boundary`, …. */
  readonly by?: string
  /** Whether a statement that denies decided, and not the lack of one that allows. */
  readonly explicit: boolean
}

/** What stands in every such sentence; the action follows. */
export const anchor = "not authorized to perform: "

/** How much text before and behind the anchor belongs to one sentence, in UTF-16 units. */
export const before = 600
export const behind = 2_600

// Every pattern is bounded and anchored where it is tried (`y`), so that hostile text costs no more than its length.
const action = /([A-Za-z0-9-]{1,63}:[A-Za-z0-9]{1,128})(?![A-Za-z0-9*?])/y
const on = / on (?:the )?resource:? /y
// Inside JSON and logs the quotes of S3 stand escaped.
const quoted = /\\{0,8}"([^"\\]{1,2048})\\{0,8}"/y
const bare = /([^\s"'\\<>]{1,2048})(?![^\s"'\\<>])/y
const implicit = /,? because no ((?:[A-Za-z-]{1,24} ){1,3}(?:policy|boundary)) allows /y
const explicit = /,? with an explicit deny(?: in an? ((?:[A-Za-z-]{1,24} ){1,3}(?:policy|boundary)))?/y

/**
 * Reads the sentence whose anchor begins at `at`; undefined where it names no action.
 *
 * Blanks in `text` are single spaces. `isWhole` says whether the text ends where its author ended it: a name that the end
 * of a shortened text may have cut is left out, because half a name would be another one.
 */
export const read = (text: string, at: number, isWhole: boolean): Sentence | undefined => {
  const cursor = { at: at + anchor.length }
  const take = (pattern: RegExp): ReadonlyArray<string | undefined> | undefined => {
    pattern.lastIndex = cursor.at
    const found = pattern.exec(text)
    if (found === null) return undefined
    cursor.at = pattern.lastIndex
    return found
  }
  const isCut = () => !isWhole && cursor.at === text.length

  const name = take(action)?.[1]
  if (name === undefined || isCut()) return undefined
  const place = take(on) === undefined ? undefined : (take(quoted)?.[1] ?? trimmed(take(bare)?.[1]))
  const resource = isCut() ? undefined : place
  const reason = take(implicit)
  const denial = reason === undefined ? take(explicit) : undefined
  const by = (reason ?? denial)?.[1]
  const principal = user(text.slice(Math.max(0, at - before), at))
  return {
    action: name,
    explicit: denial !== undefined,
    ...(principal === undefined ? {} : { principal }),
    ...(resource === undefined ? {} : { resource }),
    ...(by === undefined ? {} : { by })
  }
}

// The mark that ends a sentence or a line of a program's own around it is no part of an ARN.
const trimmed = (text: string | undefined): string | undefined => text?.replace(/[.,;)\]}]{1,8}$/u, "") || undefined

const user = (lead: string): string | undefined => {
  const start = lead.lastIndexOf("User: ")
  return start === -1 ? undefined : /^User: (\S{1,512}) is $/u.exec(lead.slice(start))?.[1]
}
