/**
 * SHA-256 (FIPS 180-4): the platform's own where `node:crypto` has it in one call, else by `@noble/hashes`.
 *
 * A hash is one function whoever computes it, so unlike signatures it needs no service: nobody can tell which one
 * answered but by the clock.
 *
 * @example
 * ```ts
 * import { Digest } from "@bailiwick/tokens"
 *
 * Digest.text("lend me a little") // "E94Q56RN1WWJBJYPIuftFP6GKff_jasm9AAG1b9FTBE"
 * ```
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type { Sha256 } from "@bailiwick/core/Sha256"
import { sha256 } from "@noble/hashes/sha2.js"
import * as Brand from "effect/Brand"

/** Text counts as its UTF-8 bytes. */
export type Input = Uint8Array | string

export interface Implementation {
  readonly bytes: (input: Input) => Uint8Array
  /** Base64url, 43 characters. */
  readonly text: (input: Input) => string
}

/** 32 bytes. */
export const bytes = (input: Input): Uint8Array => implementation().bytes(input)

/** As signed objects name one another. */
export const text = (input: Input): Sha256 => brand(implementation().text(input))

const brand = Brand.nominal<Sha256>()

/** On every platform. */
export const portable: Implementation = {
  bytes: (input) => sha256(typeof input === "string" ? new TextEncoder().encode(input) : input),
  text: (input) => Base64Url.encode(portable.bytes(input))
}

/** By OpenSSL; undefined where there is none, as in a browser. */
export const native = (): Implementation | undefined => {
  const hash = globalThis.process?.getBuiltinModule?.("node:crypto")?.hash
  return hash === undefined
    ? undefined
    : {
        bytes: (input) => Uint8Array.from(hash("sha256", input, "buffer")),
        text: (input) => hash("sha256", input, "base64url")
      }
}

// Asked at the first hash and not at import, so that a command that hashes nothing does not load `node:crypto`.
let chosen: Implementation | undefined
const implementation = (): Implementation => (chosen ??= native() ?? portable)
