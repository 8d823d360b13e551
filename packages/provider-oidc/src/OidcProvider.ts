/**
 * The provider `oidc`: short-lived JWTs for one configured audience, which any API that checks JWTs can verify by itself.
 *
 * Everything that it promises stands inside the token: audience, scopes and end. Networks cannot stand there, and a token
 * that is out cannot be called back; the report says both.
 *
 * @example
 * ```ts
 * import { OidcProvider } from "@bailiwick/provider-oidc"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const provider = yield* OidcProvider.OidcProvider
 *   const plan = yield* provider.plan(request)
 *   return yield* provider.issue(plan)
 * })
 * ```
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import { type CredentialProvider, type Plan, ProviderError } from "@bailiwick/core/CredentialProvider"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import type * as Enforcement from "@bailiwick/core/Enforcement"
import * as Jti from "@bailiwick/core/Jti"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type { Ed25519Error } from "@bailiwick/tokens/Ed25519"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as AgentIssuer from "./AgentIssuer.ts"
import * as AgentToken from "./AgentToken.ts"
import * as Audience from "./Audience.ts"
import * as TokenGrant from "./TokenGrant.ts"

/** The variable of a one-shot delivery. */
export const variable = "BAILIWICK_TOKEN"

export class OidcProvider extends Context.Service<OidcProvider, CredentialProvider>()(
  "@bailiwick/provider-oidc/OidcProvider"
) {
  static readonly layer: Layer.Layer<OidcProvider, never, AgentIssuer.AgentIssuer | SecureRandom.SecureRandom> =
    Layer.effect(
      OidcProvider,
      Effect.gen(function* () {
        const issuer = yield* AgentIssuer.AgentIssuer
        const random = yield* SecureRandom.SecureRandom

        const plan = Effect.fn("OidcProvider.plan")(function* (request: CredentialRequest.CredentialRequest) {
          const now = yield* UnixTime.now
          const audiences = yield* audiencesOf(request)
          if (request.ttl > AgentIssuer.longestToken) return yield* refuse(tooLong)
          const grant = yield* Effect.mapError(
            Effect.fromResult(TokenGrant.compile(request.policy, audiences, now)),
            refusal
          )
          const planned = AgentToken.document(yield* Effect.mapError(issuer.issuer, fromIssuer), request, grant)
          const life = AgentToken.expiry(planned, request, now) - now
          if (life <= 0) return yield* refuse(ended)
          return {
            request,
            document: AgentToken.encodeDocument(planned),
            report: report(request, grant, life),
            notes: grant.notes
          } satisfies Plan
        })

        const issue = Effect.fn("OidcProvider.issue")(function* ({ document, request }: Plan) {
          const planned = yield* Effect.mapError(AgentToken.decodeDocument(document), () => refusal(notOurs))
          // What was planned is looked at again: this is the place behind which a token exists.
          if (!(yield* audiencesOf(request)).includes(planned.aud)) return yield* refuse(notOurs)
          const iat = yield* UnixTime.now
          const exp = AgentToken.expiry(planned, request, iat)
          if (exp <= iat) return yield* refuse(ended)
          const jti = Jti.Jti.make(Base64Url.encode(yield* random.randomBytes(16)))
          const token = yield* Effect.mapError(
            issuer.sign(AgentToken.claims(planned, request, { iat, exp, jti })),
            fromIssuer
          )
          return {
            provider: "oidc" as const,
            secret: Redacted.make<Readonly<Record<string, string>>>({ token }, { label: "oidc token" }),
            expires: exp
          }
        })

        const revoke = Effect.fn("OidcProvider.revoke")(function* (session: CredentialSession.CredentialSession) {
          return {
            ended: false,
            how: howRevoked,
            worst: CredentialSession.remainingSeconds(session, yield* UnixTime.now)
          }
        })

        return OidcProvider.of({
          name: "oidc",
          plan,
          issue,
          revoke,
          environment: ({ secret }): Readonly<Record<string, string>> => {
            const { token } = Redacted.value(secret)
            return token === undefined ? {} : { [variable]: token }
          }
        })
      })
    )
}

const howRevoked = "no new token is issued; one that is out already stays good at its API until it expires"

const audiencesOf = ({ target }: CredentialRequest.CredentialRequest) => {
  const audiences = Audience.configured(target)
  const unreadable = audiences.find((audience) => !Audience.isText(audience))
  if (unreadable !== undefined) {
    return refuse({
      reason: "Misconfigured",
      detail: `the target's audience ${JSON.stringify(unreadable)} holds other characters than visible ASCII`,
      hint: "an owner writes it as the API compares it, and signs that with project apply"
    })
  }
  const exchanged = audiences.find((audience) => Audience.exchange(audience) !== undefined)
  return exchanged === undefined
    ? Effect.succeed(audiences)
    : refuse({
        reason: "Misconfigured",
        detail: `the target's audience ${exchanged} belongs to ${Audience.exchange(exchanged)}, and agents get no such token`,
        hint: "an owner takes it out of the target and signs that with project apply"
      })
}

const report = (
  request: CredentialRequest.CredentialRequest,
  grant: TokenGrant.TokenGrant,
  life: number
): Enforcement.Report => ({
  actions: { held: "token", note: "the token names these scopes alone; the API that reads it allows nothing else" },
  resources: { held: "token", note: "the token names this one audience; every other API refuses it" },
  expiry: { held: "token", note: "the token names its end" },
  network: grant.network
    ? { held: "none", note: "a token works from every network that reaches the API" }
    : { held: "not-asked", note: "the request names no networks" },
  revocation: { how: howRevoked, worst: life },
  isolation: request.isolation
})

type Refusal = Pick<ProviderError, "reason" | "detail" | "hint">

const refusal = (reason: Refusal) =>
  new ProviderError({ provider: "oidc", reason: reason.reason, detail: reason.detail, hint: reason.hint })

const refuse = (reason: Refusal) => Effect.fail(refusal(reason))

const ended: Refusal = {
  reason: "ExpiredSource",
  detail: "the authority behind this request ends before a token could begin",
  hint: "ask for a new delegation, or leave out the condition that has passed"
}

const tooLong: Refusal = {
  reason: "PolicyRefused",
  detail: `a token lives ${AgentIssuer.longestToken} seconds at most`,
  hint: `ask for --ttl ${AgentIssuer.longestToken}s or less`
}

const notOurs: Refusal = {
  reason: "Misconfigured",
  detail: "the plan was not made by this provider",
  hint: "plan again, with the same version"
}

const fromIssuer = (error: StoreError | Ed25519Error): ProviderError =>
  error._tag === "StoreError"
    ? refusal({
        reason: "Unreachable",
        detail: `the issuer's keys cannot be used: ${error.detail}`,
        hint: error.hint ?? "run doctor, which names what is wrong with the store"
      })
    : refusal({ reason: "Misconfigured", detail: error.message, hint: "check this machine's memory" })
