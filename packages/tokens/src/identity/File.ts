/** The identity file: who it is for, the public key, and the wraps of the seed (formats §2). */
import * as Base64Url from "@bailiwick/core/Base64Url"
import { Jwk } from "@bailiwick/core/Jwk"
import { HumanId } from "@bailiwick/core/MemberId"
import { ProjectId } from "@bailiwick/core/ProjectId"
import * as Schema from "effect/Schema"
import { Parameters } from "../PassphraseKdf.ts"

export const nonceLength = 12
const tagLength = 16
const seedLength = 32

const Nonce = Base64Url.ofLength(nonceLength)

/** One way to open the seed. A kind that is not known here is kept as it stands and never tried. */
export const Wrap = Schema.Struct({
  kind: Schema.String.check(Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,31}$/u)),
  nonce: Nonce,
  ciphertext: Base64Url.ofLength(seedLength + tagLength)
})
export type Wrap = typeof Wrap.Type

/** The kinds that are opened here. */
export type WrapKind = "passphrase" | "recovery"

const maximumWraps = 64

export const File = Schema.Struct({
  v: Schema.Literal(1),
  member: HumanId,
  project: ProjectId,
  jwk: Jwk,
  kdf: Parameters,
  wraps: Schema.Array(Wrap).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(maximumWraps),
    Schema.makeFilter((wraps: ReadonlyArray<Wrap>) =>
      new Set(wraps.map((wrap) => wrap.kind)).size === wraps.length ? undefined : "one wrap of a kind"
    )
  )
})
export type File = typeof File.Type

/**
 * What a wrap's ciphertext is bound to: a wrap moved to another member, key, kind or set of parameters does not open.
 *
 * `kdf` counts for the passphrase alone, so that a new passphrase leaves the recovery wrap good.
 */
export const associatedData = (file: Omit<File, "wraps">, kind: WrapKind, nonce: Base64Url.Text): Uint8Array => {
  const { v, member, project, jwk, kdf } = file
  const common = { v, member, project, jwk: { kty: jwk.kty, crv: jwk.crv, x: jwk.x } }
  const wrap = { kind, nonce }
  return new TextEncoder().encode(
    JSON.stringify(
      kind === "passphrase"
        ? { ...common, kdf: { name: kdf.name, m: kdf.m, t: kdf.t, p: kdf.p, salt: kdf.salt }, wrap }
        : { ...common, wrap }
    )
  )
}
