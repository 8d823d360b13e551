/**
 * A glob under the case rule of its provider.
 *
 * AWS actions, Azure operations and ARM scopes compare without ASCII case, everything else with. On Azure the request's
 * own text decides: it is an ARM scope when it begins with `/`.
 */
import * as Glob from "./Glob.ts"
import * as Name from "./Name.ts"
import type { Provider } from "./Provider.ts"

export interface Pattern {
  readonly text: string
  /** Compared with case. */
  readonly exact: Glob.Glob
  /** Compared without ASCII case. */
  readonly folded: Glob.Glob
}

type Reader = (text: string) => Glob.Glob

const alike = (text: string, glob: Glob.Glob): Pattern => ({ text, exact: glob, folded: glob })

const readAction = (provider: Provider, text: string, read: Reader): Pattern =>
  alike(text, read(provider === "aws" || provider === "azure" ? Name.fold(text) : text))

const readResource = (provider: Provider, text: string, read: Reader): Pattern =>
  provider === "azure" ? { text, exact: read(text), folded: read(Name.fold(text)) } : alike(text, read(text))

export const action = (provider: Provider, text: string): Pattern => readAction(provider, text, Glob.compile)

export const resource = (provider: Provider, text: string): Pattern => readResource(provider, text, Glob.compile)

/** The action of a request: every character stands for itself. */
export const requestedAction = (provider: Provider, text: string): Pattern => readAction(provider, text, Glob.literal)

/** The resource of a request: every character stands for itself. */
export const requestedResource = (provider: Provider, text: string): Pattern =>
  readResource(provider, text, Glob.literal)

/**
 * Whether everything that `inner` matches is matched by `outer`.
 *
 * The loose comparison counts only where `inner` can be nothing but an ARM scope. Elsewhere the strict one is safe for
 * both kinds of text: letters that agree with case agree without it.
 */
export const includes = (outer: Pattern, inner: Pattern): boolean =>
  inner.text.startsWith("/") ? Glob.includes(outer.folded, inner.folded) : Glob.includes(outer.exact, inner.exact)

/** Whether the two may match a common text; judged loosely. */
export const mayOverlap = (left: Pattern, right: Pattern): boolean => Glob.mayOverlap(left.folded, right.folded)
