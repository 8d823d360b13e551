import type * as JoyProject from "@bailiwick/tokens/joy/JoyProject"
import * as JoyRedemption from "@bailiwick/tokens/joy/JoyRedemption"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as JoyToken from "@bailiwick/tokens/joy/JoyToken"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { delegation, identity, now, publicKey, services, session, stranger } from "./Fixture.ts"

const person = "you@example.com"
const agent = "ai:claude@joy"

const sign = (claims: Partial<JoyToken.Claims> = {}) =>
  JoyToken.sign({
    delegator: identity,
    delegation,
    claims: {
      token_id: "id",
      ai_member: agent,
      delegated_by: person,
      project_id: "TST",
      created: now,
      expires: JoyTime.plusSeconds(now, 1800),
      scopes: ["auth", "crypt"],
      ...claims
    }
  })

const hex = (key: typeof identity) => Effect.map(publicKey(key), PublicKey.toHex)

const redeem = Effect.fnUntraced(function* (
  token: JoyToken.JoyToken,
  changed: (members: Map<string, JoyProject.Member>) => void = () => undefined
) {
  const members = new Map<string, JoyProject.Member>([
    [agent, { delegations: new Map() }],
    [
      person,
      { verify_key: yield* hex(identity), delegations: new Map([[agent, { verifier: yield* hex(delegation) }]]) }
    ]
  ])
  changed(members)
  return yield* JoyRedemption.redeem({ token, project: { id: "TST", members }, session, now })
})

const refusal = <A, R>(
  effect: Effect.Effect<A, { readonly reason: string | { readonly _tag: string } }, R>
): Effect.Effect<string | undefined, never, R> =>
  Effect.match(effect, {
    onFailure: ({ reason }) => (typeof reason === "string" ? reason : reason._tag),
    onSuccess: () => undefined
  })

layer(services)("JoyRedemption", (it) => {
  it.effect("makes a session that ends with its token and verifies, and a value with both seeds", () =>
    Effect.gen(function* () {
      const redeemed = yield* redeem(yield* sign())
      const { claims } = redeemed.session
      assert.deepStrictEqual(claims.expires, JoyTime.plusSeconds(now, 1800))
      assert.strictEqual(claims.token_key, yield* hex(delegation))
      yield* JoySession.validate({ session: redeemed.session, key: yield* publicKey(session), project: "TST", at: now })
      assert.strictEqual(redeemed.env.id, JoySession.id("TST", agent))
      assert.deepStrictEqual(redeemed.env.delegation, delegation)
      const short = yield* redeem(yield* sign({ scopes: ["auth"], expires: null }))
      assert.notProperty(short.env, "delegation")
      assert.deepStrictEqual(short.session.claims.expires, JoyTime.plusSeconds(now, JoySession.defaultTtlSeconds))
    })
  )

  it.effect("refuses what the project does not stand behind, in Joy's order", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      const withSeed = (text: string) => ({ ...token, delegation_private_key: Redacted.make(text) })
      const rotated = { verifier: yield* hex(stranger) }
      const verify_key = yield* hex(identity)
      const refusals = {
        UnknownPerson: redeem(token, (members) => members.delete(person)),
        NoVerifyKey: redeem(token, (members) => members.set(person, { delegations: new Map() })),
        NoDelegation: redeem(token, (members) => members.set(person, { verify_key, delegations: new Map() })),
        BadSignature: redeem(token, (members) =>
          members.set(person, { verify_key, delegations: new Map([[agent, rotated]]) })
        ),
        BadKey: redeem(token, (members) =>
          members.set(person, { verify_key: `01${"00".repeat(31)}`, delegations: new Map([[agent, rotated]]) })
        ),
        UnknownAgent: redeem(token, (members) => members.delete(agent)),
        MalformedSeed: redeem(withSeed("03")),
        WrongSeed: redeem(withSeed("04".repeat(32))),
        WrongProject: redeem(yield* sign({ project_id: "OTHER" })),
        Expired: redeem(yield* sign({ expires: JoyTime.plusSeconds(now, -1) }))
      }
      for (const [reason, effect] of Object.entries(refusals)) assert.strictEqual(yield* refusal(effect), reason)
      assert.isUndefined(yield* refusal(redeem(withSeed("03".repeat(32).toUpperCase()))))
    })
  )
})
