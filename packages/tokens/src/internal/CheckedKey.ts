/** The public key that has passed its check; this folder is closed, so nobody outside the package can make one. */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type { Jwk } from "@bailiwick/core/Jwk"
import { Kid } from "@bailiwick/core/Kid"
import * as Digest from "../Digest.ts"
import * as Recent from "./Recent.ts"

export class CheckedKey {
  readonly jwk: Jwk
  readonly kid: Kid
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    const x = Base64Url.encode(bytes)
    this.#bytes = bytes
    this.jwk = { kty: "OKP", crv: "Ed25519", x }
    this.kid = thumbprint(x)
  }

  /** A copy of the 32 bytes. */
  get bytes(): Uint8Array {
    return this.#bytes.slice()
  }
}

/** The key of these base64url bytes, if it was accepted before and is remembered. */
export const find = (x: string): CheckedKey | undefined => accepted.get(x)

/** Makes the one key of 32 bytes of which the caller knows that they pass; takes them over. */
export const accept = (bytes: Uint8Array): CheckedKey => {
  const key = new CheckedKey(bytes)
  accepted.keep(key.jwk.x, key)
  return key
}

/**
 * The public half of a seed, as an implementation derived it: spared the check, which it cannot fail.
 *
 * It is a multiple of the base point, which generates the prime-order group (RFC 8032 §5.1.5), so it has no torsion; that
 * it is the identity takes a secret scalar divisible by the order, which no one will ever draw. An encoder writes the
 * canonical form only, and a signature is verified under this key before it is given out.
 */
export const derived = (bytes: Uint8Array): CheckedKey =>
  find(Base64Url.encode(bytes)) ?? accept(Uint8Array.from(bytes))

// Bounded: a flood of strangers' keys costs their check again and holds no memory.
const accepted = Recent.make<CheckedKey>(1024)

// RFC 7638 §3: the required members in lexicographic order, no blanks (RFC 8037 §2 names them for OKP).
const thumbprint = (x: string): Kid => Kid.make(Digest.text(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`))
