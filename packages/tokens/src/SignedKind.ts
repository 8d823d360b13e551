/**
 * The kinds of signed object and, for each, the one purpose of key that may sign it (formats §1).
 *
 * The kind is the JWS `typ`, so a signature made for one kind is worthless for every other (RFC 8725 §3.11).
 */
import * as Schema from "effect/Schema"

export const SignedKind = Schema.Literals([
  "bailiwick-project+jws",
  "bailiwick-member+jws",
  "bailiwick-delegation+jws",
  "bailiwick-root+jws",
  "bailiwick-session+jws",
  "bailiwick-grant+jws",
  "bailiwick-approval+jws",
  "bailiwick-login+jws",
  "bailiwick-receipt+jws"
])
export type SignedKind = typeof SignedKind.Type

interface Rule {
  /** The purpose of the key that signs, in words; a key of one purpose never signs a kind of another. */
  readonly signer: string
  /** One signature as compact text, or two over one payload as General JSON (RFC 7515 §7). */
  readonly serialisation: "compact" | "general"
}

const compact = <const Signer extends string>(signer: Signer) => ({ signer, serialisation: "compact" }) as const

export const rules = {
  "bailiwick-project+jws": compact("an owner's identity"),
  "bailiwick-member+jws": compact("an owner's identity"),
  "bailiwick-delegation+jws": compact("the delegating human's identity"),
  "bailiwick-root+jws": { signer: "the delegator's identity and the delegation key", serialisation: "general" },
  "bailiwick-session+jws": compact("the holder of the grant before it"),
  "bailiwick-grant+jws": compact("the key of the session before it"),
  "bailiwick-approval+jws": compact("a human's identity"),
  "bailiwick-login+jws": compact("a human's identity"),
  "bailiwick-receipt+jws": compact("the store's authority key")
} as const satisfies Record<SignedKind, Rule>

/** The kinds that carry one signature. */
export type CompactKind = {
  [K in SignedKind]: (typeof rules)[K]["serialisation"] extends "compact" ? K : never
}[SignedKind]

/** The kinds that carry two signatures over one payload. */
export type GeneralKind = Exclude<SignedKind, CompactKind>
