import * as Base64Url from "@bailiwick/core/Base64Url"
import * as MemberId from "@bailiwick/core/MemberId"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type { Revocation } from "@bailiwick/core/ports/RevocationList"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as Registry from "@bailiwick/tokens/Registry"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import type * as TokenError from "@bailiwick/tokens/TokenError"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as World from "./World.ts"

type Case = readonly [name: string, edit: World.Edit, tag: TokenError.Reason["_tag"]]

const { now } = World

/** 32 bytes that encode a point of order 8. */
const smallOrder = { kty: "OKP", crv: "Ed25519", x: "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o" }

const sessionCases: ReadonlyArray<Case> = [
  ["names another parent", { par_hash: Base64Url.encode(new Uint8Array(32)) }, "BrokenChain"],
  ["names another project", { project: "globex", agent: "ai:claude@globex" }, "BrokenChain"],
  ["names an agent of another project", { agent: "ai:claude@globex" }, "Malformed"],
  ["names another human", { human: World.mate }, "BrokenChain"],
  ["names another store", { aud: Base64Url.encode(new Uint8Array(32)) }, "BrokenChain"],
  ["acts as another agent", { agent: World.other }, "BrokenChain"],
  ["acts as a sub-agent of its grant's agent", { agent: World.claudeTests }, "BrokenChain"],
  ["acts as the human", { agent: World.you }, "BrokenChain"],
  ["takes the jti of its grant", { jti: World.jti("root") }, "BrokenChain"],
  ["is dated before its grant", { iat: now - 1 }, "NotSubset"],
  ["outlives its grant", { exp: now + 3601 }, "NotSubset"],
  ["ends before it begins", { exp: now }, "Malformed"],
  ["counts a depth that no grant gave", { depth: 1 }, "BrokenChain"],
  ["raises max_depth", { max_depth: 3 }, "NotSubset"],
  ["raises max_depth over the cap", { max_depth: 5 }, "Malformed"],
  ["lowers max_depth below its own depth", { max_depth: -1 }, "Malformed"],
  ["widens the policy", { policy: World.widePolicy }, "NotSubset"],
  ["drops a denial", { policy: { ...World.narrowPolicy, deny: [] } }, "NotSubset"],
  ["allows nothing", { policy: { statements: [], deny: [] } }, "Malformed"],
  ["moves a target to another principal", { targets: [{ ...World.devTarget, principal: "root" }] }, "NotSubset"],
  ["adds a target", { targets: [{ alias: "prod", provider: "aws", principal: "p" }] }, "NotSubset"],
  ["names an alias twice", { targets: [World.devTarget, { ...World.devTarget, principal: "p" }] }, "Malformed"],
  ["names no target", { targets: [] }, "Malformed"],
  ["adds a scope", { scopes: ["auth", "crypt"] }, "NotSubset"],
  ["adds an unknown scope", { scopes: ["auth", "admin"] }, "Malformed"],
  ["lacks the scope auth", { scopes: ["crypt"] }, "Malformed"],
  ["accepts more unenforced", { accept_unenforced: ["network", "expiry"] }, "NotSubset"],
  ["accepts an unknown dimension", { accept_unenforced: ["everything"] }, "Malformed"],
  ["brings a budget", { budget: { issues: 3 } }, "UnknownBudget"],
  ["has an unknown member", { uses: 3 }, "Malformed"],
  ["lacks a member", { scopes: undefined }, "Malformed"],
  ["has redeem_by, which only grants have", { redeem_by: now + 10 }, "Malformed"],
  ["is of another version", { v: 2 }, "Malformed"],
  ["carries more than a jwk in cnf", { cnf: { jwk: smallOrder, kid: "x" } }, "Malformed"],
  ["is bound to a key of small order", { cnf: { jwk: smallOrder } }, "BadKey"],
  ["writes a time as text", { iat: `${now}` }, "Malformed"],
  ["is dated beyond the year 9999", { iat: UnixTime.maximum + 1 }, "Malformed"]
]

const grantCases: ReadonlyArray<Case> = [
  ["goes to the human", { agent: World.you }, "BrokenChain"],
  ["goes to another human", { agent: World.mate }, "Malformed"],
  ["goes to its giver's own name", { agent: World.claude }, "BrokenChain"],
  ["goes to another agent's sub-agent", { agent: "ai:other/tests@acme" }, "BrokenChain"],
  ["goes to nobody who is enrolled", { agent: "ai:nobody@acme" }, "NotInForce"],
  ["keeps its giver's depth", { depth: 0 }, "BrokenChain"],
  ["skips a depth", { depth: 2 }, "BrokenChain"],
  ["goes deeper than it allows itself", { max_depth: 0 }, "DepthExceeded"],
  ["must be redeemed before it is signed", { redeem_by: now }, "Malformed"],
  ["may be redeemed after its end", { redeem_by: now + 1801 }, "Malformed"],
  ["is redeemable no more", { redeem_by: now + 1, iat: now }, "RedeemExpired"],
  ["widens the policy", { policy: World.widePolicy }, "NotSubset"],
  ["has no redeem_by", { redeem_by: undefined }, "Malformed"]
]

const rootCases: ReadonlyArray<Case> = [
  ["names a sub-agent", { agent: World.claudeTests }, "Malformed"],
  ["names another human than its signer", { human: World.mate }, "NotDelegated"],
  ["names somebody unknown", { human: "nobody@example.com" }, "NotInForce"],
  ["names another delegator key", { delegator_kid: Base64Url.encode(new Uint8Array(32)) }, "WrongKey"],
  ["names another binding key", { binding_kid: Base64Url.encode(new Uint8Array(32)) }, "WrongKey"],
  ["belongs to another project", { project: "globex", agent: "ai:claude@globex" }, "WrongProject"],
  ["belongs to another store", { aud: Base64Url.encode(new Uint8Array(32)) }, "WrongAudience"],
  ["begins below the root", { depth: 1 }, "Malformed"],
  ["lives longer than a day", { exp: now + 24 * 3600 + 1 }, "LifetimeExceeded"],
  ["waits longer than a day", { exp: now + 24 * 3600, redeem_by: now + 24 * 3600 + 1 }, "Malformed"],
  ["may be redeemed when it is signed", { redeem_by: now }, "Malformed"],
  ["has expired", { iat: now - 10, exp: now, redeem_by: now }, "Expired"],
  ["is dated more than half a minute ahead", { iat: now + 31 }, "NotYet"],
  ["was confirmed in no known way", { confirmed: "phone" }, "Malformed"],
  ["brings a budget", { budget: { money: 1 } }, "UnknownBudget"],
  [
    "names a target that the project does not have",
    { targets: [{ ...World.devTarget, alias: "prod" }] },
    "TargetChanged"
  ],
  ["names a target as it is not", { targets: [{ ...World.devTarget, principal: "root" }] }, "TargetChanged"]
]

layer(World.TestLayer)("Chain.verify", (it) => {
  it.effect("accepts a chain of root, session, grant and session, and grants what its leaf grants", () =>
    Effect.gen(function* () {
      const verified = yield* World.verify(yield* World.deepChain)
      assert.strictEqual(verified.kind, "session")
      assert.strictEqual<string>(verified.human, World.you)
      assert.strictEqual<string>(verified.agent, World.claudeTests)
      assert.deepStrictEqual(verified.grant.policy, World.narrowPolicy)
      assert.deepStrictEqual(verified.grant.targets, [World.devTarget])
      assert.strictEqual(verified.leafKey.kid, (yield* World.keyOf("tests session")).kid)
      assert.deepStrictEqual<ReadonlyArray<string>>(
        verified.jtis,
        ["root", "session", "grant", "tests session"].map(World.jti)
      )
    })
  )

  it.effect("accepts an honest re-signing, so that the forgeries below fail for what they change", () =>
    Effect.gen(function* () {
      const session = yield* World.redeem(yield* World.root())
      yield* World.verify(yield* World.forgeLast(session, {}, World.sessionSigner("claude")))
      const grant = yield* World.grant(session)
      yield* World.verify(yield* World.forgeLast(grant, {}, World.grantSigner("session")), {
        redemptions: yield* World.redemptionsOf(session)
      })
      yield* World.verify(yield* World.forgeRoot((yield* World.root()).tokens, {}))
    })
  )

  for (const [name, edit, tag] of sessionCases) {
    it.effect(`refuses a session that ${name}`, () =>
      Effect.gen(function* () {
        const chain = yield* World.redeem(yield* World.root())
        const forged = yield* World.forgeLast(chain, edit, World.sessionSigner("claude"))
        yield* World.refused(World.verify(forged, { redemptions: [] }), tag)
      })
    )
  }

  for (const [name, edit, tag] of grantCases) {
    it.effect(`refuses a grant that ${name}`, () =>
      Effect.gen(function* () {
        const session = yield* World.redeem(yield* World.root())
        const forged = yield* World.forgeLast(yield* World.grant(session), edit, World.grantSigner("session"))
        const at = tag === "RedeemExpired" ? UnixTime.plus(now, 1) : now
        yield* World.refused(World.verify(forged, { redemptions: yield* World.redemptionsOf(session), now: at }), tag)
      })
    )
  }

  for (const [name, edit, tag] of rootCases) {
    it.effect(`refuses a root that ${name}`, () =>
      Effect.gen(function* () {
        yield* World.refused(World.verify(yield* World.forgeRoot((yield* World.root()).tokens, edit)), tag)
      })
    )
  }

  it.effect("refuses a key that stands twice in a chain", () =>
    Effect.gen(function* () {
      const chain = yield* World.redeem(yield* World.root())
      const delegation = yield* World.delegationRecord("you", World.you, World.claude)
      for (const jwk of [yield* World.jwkOf("claude"), yield* World.jwkOf("you"), delegation.verifier]) {
        const forged = yield* World.forgeLast(chain, { cnf: { jwk } }, World.sessionSigner("claude"))
        yield* World.refused(World.verify(forged, { redemptions: [] }), "KeyReused")
      }
    })
  )

  it.effect("refuses a hop that another key signed, or that is of another kind", () =>
    Effect.gen(function* () {
      const chain = yield* World.redeem(yield* World.root())
      const stranger = yield* World.forgeLast(chain, {}, World.sessionSigner("stranger"))
      yield* World.refused(World.verify(stranger, { redemptions: [] }), "WrongKey")
      const grant = yield* World.forgeLast(chain, {}, World.grantSigner("claude"))
      yield* World.refused(World.verify(grant, { redemptions: [] }), "WrongKind")
      const [root, session = ""] = chain.tokens
      yield* World.refused(World.verify({ v: 1, tokens: [root, session, session] }, { redemptions: [] }), "WrongKind")
    })
  )

  it.effect("refuses a root whose two signatures are swapped, doubled, or of another identity", () =>
    Effect.gen(function* () {
      const chain = yield* World.root()
      const [
        {
          payload,
          signatures: [delegator, binding]
        }
      ] = chain.tokens
      for (const signatures of [
        [binding, delegator],
        [delegator, delegator],
        [binding, binding]
      ] as const) {
        yield* World.refused(World.verify({ v: 1, tokens: [{ payload, signatures }] }), "Malformed")
      }
      const keys = [{ delegator: World.seed("mate") }, { binding: World.seed("mate") }]
      for (const one of keys)
        yield* World.refused(World.verify(yield* World.forgeRoot(chain.tokens, {}, one)), "WrongKey")
    })
  )

  it.effect("refuses an identity's signature taken from another of its tokens", () =>
    Effect.gen(function* () {
      const [
        {
          payload,
          signatures: [, binding]
        }
      ] = (yield* World.root()).tokens
      const [
        {
          signatures: [delegator]
        }
      ] = (yield* World.root({ name: "wider" })).tokens
      yield* World.refused(
        World.verify({ v: 1, tokens: [{ payload, signatures: [delegator, binding] }] }),
        "BadSignature"
      )
    })
  )

  it.effect("counts half a minute of a signer's fast clock, and not a second of a late one", () =>
    Effect.gen(function* () {
      const chain = yield* World.root({ edits: { redeem_by: UnixTime.plus(now, 3600) } })
      yield* World.verify(chain, { now: UnixTime.plus(now, -30) })
      yield* World.refused(World.verify(chain, { now: UnixTime.plus(now, -31) }), "NotYet")
      yield* World.verify(chain, { now: UnixTime.plus(now, 3599) })
      yield* World.refused(World.verify(chain, { now: UnixTime.plus(now, 3600) }), "Expired")
    })
  )

  it.effect("refuses limits before anything else: ten tokens, 64 KiB each, 256 KiB together", () =>
    Effect.gen(function* () {
      const {
        tokens: [root, session = ""]
      } = yield* World.redeem(yield* World.root())
      const eleven = { v: 1, tokens: [root, ...Array.from({ length: 10 }, () => session)] } as const
      yield* World.refused(World.verify(eleven, { redemptions: [] }), "TooLarge")
      const padded = { v: 1, tokens: [root, "a".repeat(64 * 1024 + 1)] } as const
      yield* World.refused(World.verify(padded, { redemptions: [] }), "TooLarge")
      const heavy = { v: 1, tokens: [root, ...Array.from({ length: 5 }, () => "a".repeat(60_000))] } as const
      yield* World.refused(World.verify(heavy, { redemptions: [] }), "TooLarge")
      assert.isTrue(Result.isFailure(Chain.decode(Chain.encode(eleven))))
    })
  )

  it.effect("goes four grants deep and no deeper", () =>
    Effect.gen(function* () {
      let chain = yield* World.redeem(yield* World.root({ edits: { max_depth: 4 } }))
      let session = "session"
      for (const depth of [1, 2, 3, 4]) {
        const agent = MemberId.AgentId.make(`ai:claude/d${depth}@acme`)
        const granted = yield* World.grant(chain, { session, name: `grant ${depth}`, agent, holder: `holder ${depth}` })
        session = `session ${depth}`
        chain = yield* World.redeem(granted, { holder: `holder ${depth}`, session })
      }
      assert.strictEqual(chain.tokens.length, Chain.maxTokens)
      assert.strictEqual((yield* World.verify(chain)).leaf.depth, 4)
      yield* World.refused(World.grant(chain, { session, name: "grant 5" }), "DepthExceeded")
    })
  )

  it.effect("passes authority to another enrolled agent only under its own key and a delegation of the human", () =>
    Effect.gen(function* () {
      const session = yield* World.redeem(yield* World.root())
      const redemptions = yield* World.redemptionsOf(session)
      const granted = yield* World.grant(session, { agent: World.other, holder: "other" })
      yield* World.verify(granted, { redemptions })
      const wrongKey = yield* World.grant(session, { agent: World.other, holder: "somebody" })
      yield* World.refused(World.verify(wrongKey, { redemptions }), "WrongKey")
      const ended = yield* World.extended(yield* World.rows, World.delegationChain(World.you, World.other), {
        ended: true
      })
      const registry = yield* Registry.build(ended)
      yield* World.refused(World.verify(granted, { redemptions, registry }), "NotDelegated")
    })
  )

  it.effect("lets a person's own terminal act and pass on, and never a sub-agent of a human", () =>
    Effect.gen(function* () {
      const terminal = yield* World.root({ agent: World.you, holder: "terminal holder" })
      const session = yield* World.redeem(terminal, { holder: "terminal holder" })
      const verified = yield* World.verify(session)
      assert.strictEqual<string>(verified.agent, World.you)
      const granted = yield* World.grant(session, { agent: World.claude, holder: "claude" })
      yield* World.verify(granted, { redemptions: yield* World.redemptionsOf(session) })
      yield* World.refused(World.grant(session), "BrokenChain")
      // No agent names the project here, so the project alone must be held.
      const moved = yield* World.forgeLast(session, { project: World.globex }, World.sessionSigner("terminal holder"))
      const reason = yield* World.refused(World.verify(moved, { redemptions: [] }), "BrokenChain")
      assert.strictEqual(reason.detail, "the project changes")
    })
  )
})

layer(World.TestLayer)("Chain.verify against the store", (it) => {
  /** Verifies a redeemed chain under a registry with one more record. */
  const withRecord = Effect.fnUntraced(function* (of: World.ChainOf, edits: object, chain?: Chain.Chain) {
    const accepted = yield* World.extended(yield* World.rows, of, edits, { place: 200, time: now })
    const registry = yield* Registry.build(accepted)
    return yield* World.verify(chain ?? (yield* World.deepChain), { registry })
  })

  it.effect("accepts the chain while one more record changes nothing that matters", () =>
    withRecord(World.projectChain, { name: "Acme again" })
  )

  it.effect("refuses it once its agent, whose labels go with the name, is no longer in force", () =>
    World.refused(withRecord(World.memberChain(World.claude), { revoked_at: now }), "NotInForce")
  )

  it.effect("refuses it once its human is an auditor", () =>
    Effect.gen(function* () {
      const reason = yield* World.refused(withRecord(World.memberChain(World.you), { role: "auditor" }), "NotInForce")
      assert.strictEqual<string>(reason.member, World.you)
    })
  )

  it.effect("keeps a redeemed chain of a human whose key was replaced, and refuses an unredeemed one", () =>
    Effect.gen(function* () {
      const { kid, jwk } = yield* World.keyOf("your new key")
      const owners = [...(yield* World.projectRecord).owners, kid]
      const owned = yield* World.extended(yield* World.rows, World.projectChain, { owners }, { place: 200, time: now })
      const replaced = yield* World.extended(owned, World.memberChain(World.you), { jwk }, { place: 201, time: now })
      const registry = yield* Registry.build(replaced)
      const chain = yield* World.deepChain
      yield* World.verify(chain, { registry })
      yield* World.refused(World.verify(yield* World.root(), { registry }), "WrongKey")
      // Redeemed behind the new key's place, the old key's signature counts no more.
      const late = yield* World.redemptionsOf(chain, { place: 202 })
      yield* World.refused(World.verify(chain, { registry, redemptions: late }), "WrongKey")
    })
  )

  it.effect("refuses it once its delegation is rotated or ended", () =>
    Effect.gen(function* () {
      const of = World.delegationChain(World.you, World.claude)
      const { salt, verifier } = yield* World.delegationRecord("you", World.you, World.claude, {
        salt: World.salt("new")
      })
      yield* World.refused(withRecord(of, { salt, verifier }), "NotDelegated")
      yield* World.refused(withRecord(of, { ended: true }), "NotDelegated")
    })
  )

  it.effect("refuses it once a target of its leaf has moved or gone, and not for targets that it gave up", () =>
    Effect.gen(function* () {
      const { targets } = yield* World.projectRecord
      const moved = { ...targets, [World.dev]: { provider: "aws", principal: "elsewhere" } }
      yield* World.refused(withRecord(World.projectChain, { targets: moved }), "TargetChanged")
      const without = { targets: { [World.dev]: targets[World.dev] } }
      yield* withRecord(World.projectChain, without)
      const atRoot = yield* World.redeem(yield* World.root())
      yield* World.refused(withRecord(World.projectChain, without, atRoot), "TargetChanged")
    })
  )

  it.effect("refuses what no terminal confirmed where the project asks for one", () =>
    Effect.gen(function* () {
      const byFile = yield* World.redeem(yield* World.root({ edits: { confirmed: "file" } }))
      yield* World.verify(byFile)
      yield* World.refused(withRecord(World.projectChain, { require_terminal: true }, byFile), "NotConfirmed")
      yield* withRecord(World.projectChain, { require_terminal: true })
    })
  )

  it.effect("refuses lifetimes beyond the project's own caps as they stand now", () =>
    Effect.gen(function* () {
      const chain = yield* World.redeem(yield* World.root())
      for (const [ttl, name] of [
        [{ token: 3599 }, "token"],
        [{ session: 3599 }, "session"],
        [{ redeem_to: 899 }, "redeem_to"]
      ] as const) {
        const reason = yield* World.refused(withRecord(World.projectChain, { ttl }, chain), "LifetimeExceeded")
        assert.strictEqual(reason.name, name)
      }
      yield* withRecord(World.projectChain, { ttl: { token: 3600, session: 3600, redeem_to: 900 } }, chain)
    })
  )

  const revocation = (kind: Revocation["kind"], subject: string, time = now): Revocation => ({
    kind,
    subject,
    time,
    by: World.you,
    reason: "test"
  })
  const before = UnixTime.plus(now, -1)

  it.effect("refuses a chain when anything in it is revoked, and names what", () =>
    Effect.gen(function* () {
      const chain = yield* World.deepChain
      const sessionId = (name: string, agent: MemberId.MemberId) =>
        Effect.map(World.keyOf(name), (key) => StorageIdOf.of({ project: World.project, member: agent, key }))
      for (const one of [
        revocation("human", World.you),
        revocation("agent", World.claude),
        revocation("agent", World.claudeTests),
        revocation("delegation", RecordRegistry.delegationChain(World.you, World.claude)),
        revocation("token", World.jti("root"), before),
        revocation("token", World.jti("session"), before),
        revocation("token", World.jti("grant"), before),
        revocation("session", yield* sessionId("session", World.claude), before),
        revocation("session", yield* sessionId("tests session", World.claudeTests), before)
      ]) {
        const reason = yield* World.refused(World.verify(chain, { revocations: [one] }), "Revoked")
        assert.strictEqual(reason.kind, one.kind)
      }
    })
  )

  it.effect("passes over revocations of others, and of an agent before the broker redeemed and the human signed", () =>
    Effect.gen(function* () {
      const chain = yield* World.deepChain
      yield* World.verify(chain, {
        revocations: [
          revocation("human", World.mate),
          revocation("agent", World.other),
          revocation("agent", "ai:claude/docs@acme"),
          revocation("delegation", RecordRegistry.delegationChain(World.you, World.other)),
          revocation("token", World.jti("another")),
          revocation("session", "0".repeat(24)),
          revocation("credential-session", "0190f1c0-0000-7000-8000-000000000000"),
          revocation("agent", World.claude, before),
          revocation("human", World.you, before)
        ]
      })
    })
  )

  it.effect("takes the broker's time of redemption for the cut, however the signer dated the token", () =>
    Effect.gen(function* () {
      const chain = yield* World.redeem(yield* World.root())
      const earlier = yield* World.redemptionsOf(chain, { time: UnixTime.plus(now, -20) })
      const cut = [revocation("agent", World.claude, UnixTime.plus(now, -10))]
      yield* World.refused(World.verify(chain, { redemptions: earlier, revocations: cut }), "Revoked")
      yield* World.verify(chain, { revocations: cut })
    })
  )

  it.effect("refuses a token that waited, unredeemed, through a revocation of its agent", () =>
    World.refused(
      Effect.flatMap(World.root(), (chain) =>
        World.verify(chain, { now: UnixTime.plus(now, 5), revocations: [revocation("agent", World.claude, now)] })
      ),
      "Revoked"
    )
  )

  it.effect("refuses to act with what nobody has redeemed", () =>
    Effect.gen(function* () {
      const chain = yield* World.deepChain
      const [first, second] = yield* World.redemptionsOf(chain)
      yield* World.refused(World.verify(chain, { redemptions: [] }), "NotRedeemed")
      yield* World.refused(World.verify(chain, { redemptions: first === undefined ? [] : [first] }), "NotRedeemed")
      yield* World.refused(World.verify(chain, { redemptions: second === undefined ? [] : [second] }), "NotRedeemed")
    })
  )

  it.effect("redeems in time and once, and answers the same hop again", () =>
    Effect.gen(function* () {
      const chain = yield* World.redeem(yield* World.root())
      const redeem = { purpose: "redeem", redemptions: [] } as const
      yield* World.verify(chain, redeem)
      yield* World.verify(chain, { ...redeem, now: UnixTime.plus(now, 899) })
      yield* World.refused(World.verify(chain, { ...redeem, now: UnixTime.plus(now, 900) }), "RedeemExpired")
      const redemptions = yield* World.redemptionsOf(chain)
      yield* World.verify(chain, { purpose: "redeem", redemptions, now: UnixTime.plus(now, 900) })
      const later = yield* World.redeem(yield* World.root(), { session: "another session" })
      const reason = yield* World.refused(World.verify(later, { purpose: "redeem", redemptions }), "AlreadyRedeemed")
      assert.strictEqual<string>(reason.session, redemptions[0]?.session ?? "")
      assert.strictEqual<number>(reason.time, now)
    })
  )

  it.effect("refuses a session hop signed later by somebody who copied the bearer token", () =>
    Effect.gen(function* () {
      const bearer = yield* World.root({ holder: "one-time key" })
      const honest = yield* World.redeem(bearer, { holder: "one-time key" })
      const redemptions = yield* World.redemptionsOf(honest)
      const thief = yield* World.redeem(bearer, { holder: "one-time key", session: "thief" })
      yield* World.verify(honest, { redemptions })
      yield* World.refused(World.verify(thief, { redemptions }), "AlreadyRedeemed")
      yield* World.refused(World.verify(bearer, { redemptions }), "AlreadyRedeemed")
    })
  )
})
