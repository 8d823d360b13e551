/**
 * A human's answer to a broker elsewhere that asks who they are: its challenge, signed by their identity together with
 * the session key that they will use (formats §5).
 */
import * as Authority from "@bailiwick/core/Authority"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as Kid from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import * as ProjectId from "@bailiwick/core/ProjectId"
import * as Text from "@bailiwick/core/Text"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Ed25519, Ed25519Error } from "./Ed25519.ts"
import * as Jws from "./Jws.ts"
import * as Payload from "./Payload.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import type { PublicKey } from "./PublicKey.ts"
import * as TokenError from "./TokenError.ts"

/** What a broker asks to be signed; the nonce is good once. */
export const Challenge = Schema.Struct({
  /** The broker's public address, host and port. */
  authority: Text.Text,
  aud: Kid.Kid,
  nonce: Base64Url.ofLength(16),
  exp: UnixTime.UnixTime
})
export type Challenge = typeof Challenge.Type

export const Login = Schema.Struct({
  v: Schema.Literal(1),
  project: ProjectId.ProjectId,
  human: MemberId.HumanId,
  authority: Challenge.fields.authority,
  aud: Challenge.fields.aud,
  nonce: Challenge.fields.nonce,
  /** The session key. */
  cnf: Authority.Confirmation,
  exp: Challenge.fields.exp
})
export type Login = typeof Login.Type

/** Seconds that a challenge may last. */
export const maxSeconds = 120

const typ = "bailiwick-login+jws"
const what = "login"

/** Answers a challenge; one that lasts longer than allowed is not answered. */
export const sign: (options: {
  readonly challenge: Challenge
  readonly identity: PrivateSeed
  readonly project: ProjectId.ProjectId
  readonly human: MemberId.HumanId
  readonly cnf: Authority.RootToken["cnf"]
  readonly now: UnixTime.UnixTime
}) => Effect.Effect<string, TokenError.TokenError | Ed25519Error, Ed25519> = Effect.fn("Login.sign")(function* ({
  challenge,
  identity,
  project,
  human,
  cnf,
  now
}) {
  const { authority, aud, nonce, exp } = challenge
  yield* inTime(exp, now)
  const login: Login = { v: 1, project, human, authority, aud, nonce, cnf, exp }
  const payload = yield* Effect.fromResult(Payload.encode(Login, login, what))
  return yield* Jws.signCompact({ typ, seed: identity, payload }).pipe(
    Effect.catchTag("JwsError", (error) => Effect.fail(TokenError.fromJws(what)(error)))
  )
})

/** Verifies an answer to exactly this challenge; that its nonce is good once is the ledger's to hold. */
export const verify: (options: {
  readonly text: string
  readonly identity: PublicKey
  readonly challenge: Challenge
  readonly project: ProjectId.ProjectId
  readonly human: MemberId.HumanId
  readonly now: UnixTime.UnixTime
}) => Effect.Effect<Login, TokenError.TokenError, Ed25519> = Effect.fn("Login.verify")(function* ({
  text,
  identity,
  challenge,
  project,
  human,
  now
}) {
  const login = yield* verifySignature({ text, identity })
  const { authority, aud, nonce, exp } = challenge
  if (login.project !== project) return yield* TokenError.refuse(new TokenError.WrongProject())
  if (login.aud !== aud || login.authority !== authority)
    return yield* TokenError.refuse(new TokenError.WrongAudience())
  if (login.human !== human || login.nonce !== nonce || login.exp !== exp) {
    return yield* TokenError.refuse(new TokenError.Malformed({ what, detail: "it answers another challenge" }))
  }
  yield* inTime(exp, now)
  return login
})

/** Verifies the signature and the form alone. */
export const verifySignature = (options: {
  readonly text: string
  readonly identity: PublicKey
}): Effect.Effect<Login, TokenError.TokenError, Ed25519> =>
  Jws.verifyCompact({ typ, text: options.text, key: options.identity }).pipe(
    Effect.mapError(TokenError.fromJws(what)),
    Effect.flatMap((bytes) => Effect.fromResult(Payload.decode(Login, bytes, what)))
  )

/** Reads an answer without trust. */
export const decode = (text: string): Result.Result<Login, TokenError.TokenError> =>
  Result.flatMap(Payload.unverified(text, what), (bytes) => Payload.decode(Login, bytes, what))

const inTime = (exp: UnixTime.UnixTime, now: UnixTime.UnixTime) => {
  if (now >= exp) return TokenError.refuse(new TokenError.Expired({ what, exp }))
  return exp - now > maxSeconds
    ? TokenError.refuse(new TokenError.Malformed({ what, detail: `a challenge lasts at most ${maxSeconds} seconds` }))
    : Effect.void
}
