/**
 * Tokens as this process has read them, by their exact bytes: reading is pure, so the same bytes always say the same.
 * A reading says nothing of signatures, and what it is worth now is judged again every time.
 */
import * as Recent from "../internal/Recent.ts"
import * as Jws from "../Jws.ts"
import type * as Link from "./Link.ts"

/** Characters of signed text whose readings are kept: some thousands of usual tokens, 64 of the largest. */
export const capacity = 64 * Jws.maxBytes

type Of<Kind extends Link.Kind> = Extract<Link.Link, { readonly kind: Kind }>

const readings = Recent.make<Link.Link>(capacity)

/** A token in this place read before, if it is remembered. */
export const find = <Kind extends Link.Kind>(kind: Kind, jws: string | Jws.General): Of<Kind> | undefined => {
  const found = readings.get(name(kind, jws))
  return found !== undefined && isOfKind(found, kind) ? found : undefined
}

/** Remembers a token whose signature was found good, so that only who holds a key takes room here; gives it back. */
export const kept = <L extends Link.Link>(link: L, jws: string | Jws.General): L => {
  // From here on many share it: nobody may change what the next one is judged by.
  freeze(link)
  readings.keep(name(link.kind, jws), link, Jws.size(jws))
  return link
}

// All that is read stands in the signing input; the place decides by which schema.
const name = (kind: Link.Kind, jws: string | Jws.General): string => `${kind} ${Jws.signingInput(jws)}`

const isOfKind = <Kind extends Link.Kind>(link: Link.Link, kind: Kind): link is Of<Kind> => link.kind === kind

const freeze = (value: object): void => {
  Object.freeze(value)
  for (const member of Object.values(value)) {
    if (typeof member === "object" && member !== null && !Object.isFrozen(member)) freeze(member)
  }
}
