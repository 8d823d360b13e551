/**
 * Requests to a broker elsewhere, signed with the session key: one strict profile of RFC 9421 (formats §5).
 *
 * Neither key nor algorithm comes with the request: the session that it names decides both. What was received is what
 * is verified; nothing is serialised again. Whether a nonce is new is the shared ledger's to say, after `verify`.
 *
 * @example
 * ```ts
 * import { RequestSignature } from "@bailiwick/tokens"
 *
 * const fields = RequestSignature.sign({ request, session: { id, seed }, created: now, nonce }) // to add to the request
 * const proof = RequestSignature.verify({ request: received, key, authority: "bw.example.com", now })
 * ```
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Ed25519, type Ed25519Error } from "./Ed25519.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import type { PublicKey } from "./PublicKey.ts"
import * as Fields from "./request/Fields.ts"
import {
  BadSignature,
  Malformed,
  NotCovered,
  NotFresh,
  RequestError,
  WrongAuthority,
  WrongDigest
} from "./request/RequestError.ts"
import * as SignatureBase from "./request/SignatureBase.ts"

export { maxBody, type Request } from "./request/Fields.ts"
export { RequestError } from "./request/RequestError.ts"

/** Seconds that a signature lasts at most. */
export const maxSeconds = 60

const tag = "bailiwick-req-v1"
const scheme = "Bailiwick "
const nonceLength = 16

/** A fresh nonce. */
export const newNonce: Effect.Effect<Base64Url.Text, never, SecureRandom.SecureRandom> = Effect.gen(function* () {
  return Base64Url.encode(yield* (yield* SecureRandom.SecureRandom).randomBytes(nonceLength))
})

/** The fields to add to a request; it must not have them yet. */
export const sign: (options: {
  readonly request: Fields.Request
  readonly session: { readonly id: StorageId; readonly seed: PrivateSeed }
  readonly created: UnixTime.UnixTime
  readonly nonce: Base64Url.Text
  /** Seconds; 60 unless said, and never more. */
  readonly lifetime?: number
}) => Effect.Effect<ReadonlyArray<readonly [name: string, value: string]>, RequestError | Ed25519Error, Ed25519> =
  Effect.fn("RequestSignature.sign")(function* ({ request, session, created, nonce, lifetime }) {
    const added: ReadonlyArray<readonly [string, string]> = [
      ["authorization", `${scheme}${session.id}`],
      ...(request.body.length > 0 ? [["content-digest", Fields.digest(request.body)] as const] : [])
    ]
    const complete = { ...request, fields: [...request.fields, ...added] }
    const values = yield* Effect.fromResult(Fields.read(complete))
    const components = Fields.components(complete, values)
    const expires = UnixTime.plus(created, lifetime ?? maxSeconds)
    const parameters = `${list(components)};created=${created};expires=${expires};nonce="${nonce}";tag="${tag}"`
    yield* Effect.fromResult(parse(parameters))
    yield* fresh({ created, expires }, created)
    const ed25519 = yield* Ed25519
    const base = new TextEncoder().encode(SignatureBase.make(components, parameters))
    const signature = Base64.encode(yield* ed25519.sign(session.seed, base))
    return [...added, ["signature-input", `${label}=${parameters}`], ["signature", `${label}=:${signature}:`]]
  })

/** The session that a request names, unverified: to find the key that then verifies it. */
export const sessionOf = (request: Fields.Request): Result.Result<StorageId, RequestError> =>
  Result.flatMap(Fields.read(request), (values) => {
    const value = values.get("authorization") ?? ""
    const id = value.startsWith(scheme) ? value.slice(scheme.length) : ""
    return Result.mapError(Schema.decodeResult(StorageId)(id), () =>
      malformed("authorization is not Bailiwick and a session id")
    )
  })

export interface Proof {
  readonly session: StorageId
  /** To be used up once in the shared ledger, kept until `expires`. */
  readonly nonce: string
  readonly created: UnixTime.UnixTime
  readonly expires: UnixTime.UnixTime
}

/** Verifies signature, digest and times, in this order; the nonce is the caller's next step. */
export const verify: (options: {
  readonly request: Fields.Request
  /** The session's key. */
  readonly key: PublicKey
  /** The configured public address: lower case, without the scheme's default port. */
  readonly authority: string
  readonly now: UnixTime.UnixTime
}) => Effect.Effect<Proof, RequestError, Ed25519> = Effect.fn("RequestSignature.verify")(function* ({
  request,
  key,
  authority,
  now
}) {
  const session = yield* Effect.fromResult(sessionOf(request))
  const values = yield* Effect.fromResult(Fields.read(request))
  if (request.authority.toLowerCase() !== authority) return yield* new RequestError({ reason: new WrongAuthority() })
  const components = Fields.components(request, values)
  const input = values.get("signature-input") ?? ""
  if (!input.startsWith(`${label}=`)) return yield* malformed(`signature-input is not one signature labelled ${label}`)
  const parameters = input.slice(label.length + 1)
  const { covered, nonce, ...times } = yield* Effect.fromResult(parse(parameters))
  if (covered !== list(components)) return yield* new RequestError({ reason: new NotCovered() })

  const signature = yield* Effect.fromResult(parseSignature(values.get("signature") ?? ""))
  const base = new TextEncoder().encode(SignatureBase.make(components, parameters))
  const ed25519 = yield* Ed25519
  if (!(yield* ed25519.verify(key, base, signature))) return yield* new RequestError({ reason: new BadSignature() })

  const digest = values.get("content-digest")
  // Both sides are public, so the comparison need not take constant time.
  if (digest !== undefined && digest !== Fields.digest(request.body)) {
    return yield* new RequestError({ reason: new WrongDigest() })
  }
  yield* fresh(times, now)
  return { session, nonce, ...times }
})

const label = "bw"

const malformed = (detail: string) => new RequestError({ reason: new Malformed({ detail }) })

const list = (components: ReadonlyArray<SignatureBase.Component>): string =>
  `(${components.map(([name]) => `"${name}"`).join(" ")})`

// The one spelling of the profile; another order, another parameter or a blank is another text (RFC 9421 §2.3).
const number = "(0|[1-9][0-9]{0,11})"
const form = new RegExp(
  `^(\\("[^;]*"\\));created=${number};expires=${number};nonce="([A-Za-z0-9_-]+)";tag="${tag}"$`,
  "u"
)
const Nonce = Base64Url.ofLength(nonceLength)

const parse = (parameters: string) => {
  const [, covered, created, expires, nonce] = form.exec(parameters) ?? []
  if (covered === undefined || !Schema.is(Nonce)(nonce))
    return Result.fail(malformed("the signature's parameters are not those of the profile"))
  const time = Schema.decodeUnknownResult(UnixTime.UnixTime)
  return Result.all({ created: time(Number(created)), expires: time(Number(expires)) }).pipe(
    Result.mapError(() => malformed("a time of the signature is out of range")),
    Result.map((times) => ({ covered, nonce, ...times }))
  )
}

const parseSignature = (value: string): Result.Result<Uint8Array, RequestError> => {
  const encoded = /^bw=:([A-Za-z0-9+/]{86}==):$/u.exec(value)?.[1] ?? ""
  const bytes = Base64.decode(encoded)
  // 64 bytes have one canonical spelling, the one that they encode to again (RFC 4648 §3.5).
  return Result.isSuccess(bytes) && encoded !== "" && Base64.encode(bytes.success) === encoded
    ? Result.succeed(bytes.success)
    : Result.fail(malformed(`signature is not one signature labelled ${label}`))
}

const fresh = (times: Pick<Proof, "created" | "expires">, now: UnixTime.UnixTime): Effect.Effect<void, RequestError> =>
  times.created < times.expires &&
  times.expires <= times.created + maxSeconds &&
  Math.abs(now - times.created) <= UnixTime.leeway &&
  now < times.expires
    ? Effect.void
    : Effect.fail(new RequestError({ reason: new NotFresh() }))
