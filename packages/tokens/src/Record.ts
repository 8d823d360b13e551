/**
 * One signed record of a project: its own record, a member's, or a delegation's (formats §2).
 *
 * This module signs, names and reads them; whether a record counts is judged at its place in the log by `Registry`.
 *
 * @example
 * ```ts
 * import { Record } from "@bailiwick/tokens"
 *
 * const text = Record.sign({ kind: "member", payload, seed: ownerSeed }) // Effect of compact JWS text
 * ```
 */
import * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import type * as Kid from "@bailiwick/core/Kid"
import * as MemberRecord from "@bailiwick/core/MemberRecord"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as Sha256 from "@bailiwick/core/Sha256"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Ed25519, Ed25519Error } from "./Ed25519.ts"
import * as Jws from "./Jws.ts"
import * as Payload from "./Payload.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import type { PublicKey } from "./PublicKey.ts"
import * as TokenError from "./TokenError.ts"
import * as VerifiedSignatures from "./VerifiedSignatures.ts"

export type Kind = RecordRegistry.RecordKind

/** A record with its kind; the kind decides the payload. */
export type Record =
  | { readonly kind: "project"; readonly payload: ProjectRecord.ProjectRecord }
  | { readonly kind: "member"; readonly payload: MemberRecord.MemberRecord }
  | { readonly kind: "delegation"; readonly payload: DelegationRecord.DelegationRecord }

/** The chain inside its kind to which a record belongs. */
export const chain = (record: Record): string => {
  switch (record.kind) {
    case "project":
      return ""
    case "member":
      return record.payload.member
    case "delegation":
      return RecordRegistry.delegationChain(record.payload.human, record.payload.agent)
  }
}

/** Signs a record with an identity seed, as compact text. */
export const sign: (
  options: Record & { readonly seed: PrivateSeed }
) => Effect.Effect<string, TokenError.TokenError | Ed25519Error, Ed25519> = Effect.fn("Record.sign")(
  function* (options) {
    const payload = yield* Effect.fromResult(encode(options))
    const signed = Jws.signCompact({ typ: typ[options.kind], seed: options.seed, payload })
    return yield* Effect.catchTag(signed, "JwsError", (error) =>
      Effect.fail(TokenError.fromJws(what(options.kind))(error))
    )
  }
)

/** The name of a record everywhere: `prev` of its successor, `subject` of its acceptance line. */
export const hash = (text: string): Sha256.Sha256 => Jws.hash(text)

/** The key that says to have signed: only to look it up. */
export const signer = (kind: Kind, text: string): Effect.Effect<Kid.Kid, TokenError.TokenError> =>
  Effect.mapError(Jws.peekKid(text), TokenError.fromJws(what(kind)))

/** Reads a record without trust: nothing in it is verified. */
export const decode = (kind: Kind, text: string): Result.Result<Record, TokenError.TokenError> =>
  Result.flatMap(Payload.unverified(text, what(kind)), (bytes) => read(kind, bytes))

/** Verifies the signature under `key`, then reads; who was entitled to sign is `Registry`'s to judge. */
export const verify = (
  kind: Kind,
  text: string,
  key: PublicKey
): Effect.Effect<Record, TokenError.TokenError, Ed25519> =>
  VerifiedSignatures.compact({ typ: typ[kind], text, key, what: what(kind) }).pipe(
    Effect.flatMap((bytes) => Effect.fromResult(read(kind, bytes)))
  )

const typ = {
  project: "bailiwick-project+jws",
  member: "bailiwick-member+jws",
  delegation: "bailiwick-delegation+jws"
} as const satisfies { readonly [K in Kind]: string }

const what = (kind: Kind) => `${kind} record`

const encode = (record: Record) => {
  switch (record.kind) {
    case "project":
      return Payload.encode(ProjectRecord.ProjectRecord, record.payload, what(record.kind))
    case "member":
      return Payload.encode(MemberRecord.MemberRecord, record.payload, what(record.kind))
    case "delegation":
      return Payload.encode(DelegationRecord.DelegationRecord, record.payload, what(record.kind))
  }
}

const read = (kind: Kind, bytes: Uint8Array): Result.Result<Record, TokenError.TokenError> => {
  switch (kind) {
    case "project":
      return Result.map(Payload.decode(ProjectRecord.ProjectRecord, bytes, what(kind)), (payload) => ({
        kind,
        payload
      }))
    case "member":
      return Result.map(Payload.decode(MemberRecord.MemberRecord, bytes, what(kind)), (payload) => ({ kind, payload }))
    case "delegation":
      return Result.map(Payload.decode(DelegationRecord.DelegationRecord, bytes, what(kind)), (payload) => ({
        kind,
        payload
      }))
  }
}
