/**
 * Texts of IAM policies with wildcards and policy variables, and what they match.
 *
 * Written for the tests alone and apart from the product's own globs, so that two readings of one document can disagree.
 */

/** A code point, `*` that may or may not run over colons, or `?`. */
export type Token =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "any"; readonly overColons: boolean }
  | { readonly kind: "one"; readonly overColons: boolean }

export type Context = Readonly<Record<string, string | ReadonlyArray<string>>>

/** The values of a condition key; names compare without case. Undefined when the request does not carry it. */
export const valuesOf = (context: Context, key: string): ReadonlyArray<string> | undefined => {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())
  return found === undefined ? undefined : [found[1]].flat()
}

const literals = (text: string): ReadonlyArray<Token> => Array.from(text, (one) => ({ kind: "literal", text: one }))

const variable = /\$\{([^},]+)(?:\s*,\s*'([^']*)')?\s*\}/gu

/**
 * Reads a text. `variables`: the document is of version 2012-10-17; undefined when one has no value. `wildcards`: `*` and
 * `?` are some.
 */
export const read = (
  text: string,
  options: { readonly context: Context; readonly variables: boolean; readonly wildcards: boolean }
): ReadonlyArray<Token> | undefined => {
  const tokens: Array<Token> = []
  const plain = (part: string) => {
    for (const one of part) {
      if (one === "*" && options.wildcards) tokens.push({ kind: "any", overColons: true })
      else if (one === "?" && options.wildcards) tokens.push({ kind: "one", overColons: true })
      else tokens.push({ kind: "literal", text: one })
    }
  }
  if (!options.variables) {
    plain(text)
    return tokens
  }
  let from = 0
  for (const match of text.matchAll(variable)) {
    plain(text.slice(from, match.index))
    from = match.index + match[0].length
    const name = (match[1] ?? "").trim()
    if (name === "*" || name === "?" || name === "$") tokens.push(...literals(name))
    else {
      const values = valuesOf(options.context, name)
      const value = values?.length === 1 ? values[0] : values === undefined ? match[2] : undefined
      if (value === undefined) return undefined
      tokens.push(...literals(value))
    }
  }
  plain(text.slice(from))
  return tokens
}

/** Whether the whole text is matched; every state is kept, nothing is tried twice. */
export const matches = (tokens: ReadonlyArray<Token>, text: string): boolean => {
  const close = (states: Set<number>): Set<number> => {
    for (const state of states) if (tokens[state]?.kind === "any") states.add(state + 1)
    return states
  }
  let states = close(new Set([0]))
  for (const one of text) {
    const next = new Set<number>()
    for (const state of states) {
      const token = tokens[state]
      if (token === undefined) continue
      if (token.kind === "literal") {
        if (token.text === one) next.add(state + 1)
      } else if (token.overColons || one !== ":") next.add(token.kind === "any" ? state : state + 1)
    }
    states = close(next)
  }
  return states.has(tokens.length)
}

/** The six fields of an ARN pattern; the last keeps its colons, and missing ones are wildcards. */
const fields = (tokens: ReadonlyArray<Token>): ReadonlyArray<ReadonlyArray<Token>> => {
  const parts: Array<Array<Token>> = [[]]
  for (const token of tokens) {
    if (token.kind === "literal" && token.text === ":" && parts.length < 6) parts.push([])
    else parts.at(-1)?.push(token)
  }
  while (parts.length < 6) parts.push([{ kind: "any", overColons: true }])
  return parts
}

/** Element `Resource`: field by field, where a `*` at the end of a field may reach past the colon. */
export const matchesResource = (tokens: ReadonlyArray<Token>, resource: string): boolean => {
  if (tokens.length > 0 && tokens.every(({ kind }) => kind === "any")) return true
  if (!resource.startsWith("arn:")) return false
  const pattern = fields(tokens).flatMap((field, index) => [
    ...(index === 0 ? [] : literals(":")),
    ...field.map((token, place) =>
      token.kind === "literal" || index === 5
        ? token
        : { ...token, overColons: token.kind === "any" && place === field.length - 1 }
    )
  ])
  return matches(pattern, resource)
}

/** Operators `ArnEquals` and `ArnLike`: each of the six fields by itself. */
export const matchesArn = (tokens: ReadonlyArray<Token>, arn: string): boolean => {
  const parts = arn.split(":")
  const values = [...parts.slice(0, 5), parts.slice(5).join(":")]
  return parts.length >= 6 && fields(tokens).every((field, index) => matches(field, values[index] ?? ""))
}
