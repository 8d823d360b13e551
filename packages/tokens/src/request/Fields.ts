/** The parts of a request that a signature covers, in the one order of the profile (formats §5). */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Digest from "../Digest.ts"
import { Malformed, RequestError, TooLarge } from "./RequestError.ts"
import type { Component } from "./SignatureBase.ts"

export interface Request {
  readonly method: string
  /** The `Host` field or `:authority`, as sent; `localhost` over a Unix socket. */
  readonly authority: string
  /** As sent, percent-encoding and all. */
  readonly path: string
  /** As sent, with its `?`; without a query `?` alone (RFC 9421 §2.2.7). */
  readonly query: string
  /** Every field as it came, one entry a line: a server that joins doubled fields hides them from this check. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
}

/** The largest body that is read (formats §1). */
export const maxBody = 1024 * 1024

/** The fields that are covered, in their order; of the last three exactly those that are there. */
const coverable = ["authorization", "content-type", "content-digest", "idempotency-key"] as const
const signatureFields = ["signature-input", "signature"] as const

export type FieldName = (typeof coverable)[number] | (typeof signatureFields)[number]

const names: ReadonlyArray<FieldName> = [...coverable, ...signatureFields]

const malformed = (detail: string) => Result.fail(new RequestError({ reason: new Malformed({ detail }) }))

// Visible ASCII and blanks inside: no line end can begin another line of the signature base (RFC 9110 §5.5).
const fieldValue = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/u
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u
const path = /^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/u
const query = /^\?[\x21-\x22\x24-\x7e]*$/u

/** The values of the fields that matter, each at most once; anything that could be read in two ways is refused. */
export const read = (request: Request): Result.Result<ReadonlyMap<FieldName, string>, RequestError> => {
  if (request.body.length > maxBody) return Result.fail(new RequestError({ reason: new TooLarge() }))
  if (!token.test(request.method)) return malformed("its method is no token")
  if (!path.test(request.path)) return malformed("its path is no absolute path")
  if (!query.test(request.query)) return malformed("its query does not begin with a question mark")
  const values = new Map<FieldName, string>()
  for (const [name, value] of request.fields) {
    const known = names.find((candidate) => candidate === name.toLowerCase())
    if (known === undefined) continue
    if (values.has(known)) return malformed(`${known} stands twice`)
    const trimmed = value.replaceAll(/^[ \t]+|[ \t]+$/gu, "")
    if (!fieldValue.test(trimmed)) return malformed(`${known} is empty or holds control characters`)
    values.set(known, trimmed)
  }
  if (!values.has("authorization")) return malformed("authorization is missing")
  if (values.has("content-digest") !== request.body.length > 0) {
    return malformed("content-digest stands exactly when there is a body")
  }
  return Result.succeed(values)
}

/** What must be covered, with its values: `@authority` in lower case, path and query as sent. */
export const components = (request: Request, values: ReadonlyMap<FieldName, string>): ReadonlyArray<Component> => [
  ["@method", request.method],
  ["@authority", request.authority.toLowerCase()],
  ["@path", request.path],
  ["@query", request.query],
  ...coverable.flatMap((name) => {
    const value = values.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
]

/** `Content-Digest` of a raw body (RFC 9530 §2). */
export const digest = (body: Uint8Array): string => `sha-256=:${Base64.encode(Digest.bytes(body))}:`
