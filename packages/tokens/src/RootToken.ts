/**
 * The root of a chain: what a human lends to an agent, signed by the human's identity and by the key of their
 * delegation, over one payload (formats §3).
 *
 * The second signature comes from the same seed: it is no second factor but the handle by which a rotation ends every
 * token under the old delegation key.
 *
 * @example
 * ```ts
 * import { RootToken } from "@bailiwick/tokens"
 *
 * const chain = RootToken.sign({ identity, delegation, project, token: { jti, cnf, aud, iat, exp, redeem_by, ... } })
 * ```
 */
import * as Authority from "@bailiwick/core/Authority"
import type * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as Kdf from "effect/crypto/Kdf"
import * as Effect from "effect/Effect"
import type * as Chain from "./Chain.ts"
import * as Extension from "./chain/Extension.ts"
import * as Link from "./chain/Link.ts"
import * as Standing from "./chain/Standing.ts"
import * as DelegationKey from "./DelegationKey.ts"
import { Ed25519, type Ed25519Error } from "./Ed25519.ts"
import * as Jws from "./Jws.ts"
import * as Payload from "./Payload.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import * as TokenError from "./TokenError.ts"

/** What the signer chooses; the rest comes from the delegation, the identity and the format. */
export interface Terms extends Omit<
  Authority.RootToken,
  "v" | "project" | "human" | "agent" | "delegator_kid" | "binding_kid" | "depth" | "budget"
> {}

export interface Options {
  /** The opened identity seed of the delegating human. */
  readonly identity: PrivateSeed
  /** The delegation as it stands. */
  readonly delegation: DelegationRecord.DelegationRecord
  /** The project as it stands: its lifetimes, targets and terminal rule hold for what is signed. */
  readonly project: ProjectRecord.ProjectRecord
  /** A bearer token is open to whoever copies it until it is redeemed, so less time is allowed for that. */
  readonly bearer?: boolean
  readonly token: Terms
}

/** Signs a root and gives back the chain that it begins; what would not verify is not signed. */
export const sign: (
  options: Options
) => Effect.Effect<Chain.Chain, TokenError.TokenError | Ed25519Error, Ed25519 | Kdf.Kdf> = Effect.fn("RootToken.sign")(
  function* ({ identity, delegation, project, bearer, token }) {
    const ed25519 = yield* Ed25519
    const { human, agent, salt, verifier, ended } = delegation
    if (ended === true) {
      return yield* TokenError.refuse(new TokenError.NotDelegated({ human, agent, detail: "it is ended" }))
    }
    if (delegation.project !== project.project) return yield* TokenError.refuse(new TokenError.WrongProject())
    const binding = yield* DelegationKey.derive({ identity, salt, project: project.project, agent })
    const bindingKey = yield* ed25519.publicKey(binding)
    if (bindingKey.jwk.x !== verifier.x) {
      return yield* TokenError.refuse(
        new TokenError.WrongKey({ detail: "the identity does not give the delegation's verifier" })
      )
    }
    const {
      jti,
      cnf,
      aud,
      iat,
      exp,
      redeem_by,
      max_depth,
      policy,
      targets,
      scopes,
      accept_unenforced,
      confirmed,
      log
    } = token
    const payload = yield* Effect.fromResult(
      Payload.encode(
        Authority.RootToken,
        {
          v: 1,
          jti,
          project: project.project,
          human,
          agent,
          delegator_kid: (yield* ed25519.publicKey(identity)).kid,
          binding_kid: bindingKey.kid,
          cnf,
          aud,
          iat,
          exp,
          redeem_by,
          depth: 0,
          max_depth,
          policy,
          targets,
          budget: {},
          scopes,
          accept_unenforced,
          confirmed,
          log
        },
        Link.what("root")
      )
    )
    const root = yield* Link.readRoot(payload, Extension.unsigned)
    yield* Extension.check([root], project)
    yield* TokenError.refuseIf(Standing.againstProject([root], project))
    const cap = Extension.cap(project)("redeem_bearer")
    if (bearer === true && redeem_by - iat > cap) {
      return yield* TokenError.refuse(
        new TokenError.LifetimeExceeded({ name: "redeem_bearer", seconds: redeem_by - iat, cap })
      )
    }
    const general = yield* Jws.signGeneral({ typ: Link.typ.root, delegator: identity, binding, payload }).pipe(
      Effect.catchTag("JwsError", (error) => Effect.fail(TokenError.fromJws(Link.what("root"))(error)))
    )
    return { v: 1, tokens: [general] }
  }
)
