import type * as JoyClaims from "@bailiwick/tokens/joy/JoyClaims"
import * as JoyEnv from "@bailiwick/tokens/joy/JoyEnv"
import * as JoyResolution from "@bailiwick/tokens/joy/JoyResolution"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { delegation, identity, now, publicKey, services, session as sessionSeed, stranger } from "./Fixture.ts"

const person = "you@example.com"
const agent = "ai:claude@joy"
const at = JoyTime.plusSeconds(now, 60)

const hex = (key: typeof identity) => Effect.map(publicKey(key), PublicKey.toHex)

const project = Effect.gen(function* () {
  const delegations = new Map([[agent, { verifier: yield* hex(delegation) }]])
  const members = new Map([
    [person, { verify_key: yield* hex(identity), delegations }],
    [agent, { delegations: new Map<string, never>() }]
  ])
  return { id: "TST", members }
})

const agentSession = Effect.gen(function* () {
  const delegationKey = yield* hex(delegation)
  return yield* JoySession.createAgent({ session: sessionSeed, member: agent, project: "TST", now, delegationKey })
})

const humanSession = (tty?: string) =>
  JoySession.createHuman({ identity, member: person, project: "TST", now, ...(tty === undefined ? {} : { tty }) })

const resign = (session: JoySession.JoySession, claims: Partial<JoyClaims.JoyClaims>, key = sessionSeed) =>
  JoySession.sign({ ...session, claims: { ...session.claims, ...claims }, key })

const resolve = Effect.fnUntraced(function* (
  sessions: ReadonlyArray<JoySession.JoySession>,
  env?: Partial<{ seed: typeof identity; delegation: typeof identity; text: string }>,
  changed: Partial<{ terminal: string; at: JoyTime.JoyTime; id: string }> = {}
) {
  const files = new Map<string, string>(sessions.map((one) => [JoySession.idOf(one), JoySession.encode(one)]))
  const [first] = sessions
  const value = (): Redacted.Redacted<string> => {
    if (env?.text !== undefined || first === undefined) return Redacted.make(env?.text ?? "")
    const short = { id: JoySession.idOf(first), seed: env?.seed ?? sessionSeed }
    return JoyEnv.encode(env?.delegation === undefined ? short : { ...short, delegation: env.delegation })
  }
  const held = yield* project
  return yield* JoyResolution.resolve({
    project: { ...held, id: changed.id ?? held.id },
    person,
    value: env === undefined ? Option.none() : Option.some(value()),
    terminal: changed.terminal,
    find: (id) => Effect.succeed(Option.fromUndefinedOr(files.get(id))),
    at: changed.at ?? at
  })
})

const long = { delegation }

layer(services)("JoyResolution", (it) => {
  it.effect(
    "an AI member with the seeds of its session and delegation is verified, under the person who delegated",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* resolve([yield* agentSession], long), {
          verdict: "verified",
          member: agent,
          delegated_by: person,
          stricter: false
        })
      })
  )

  it.effect("a person is verified by their session on the same terminal, up to and without its exact end", () =>
    Effect.gen(function* () {
      const session = yield* humanSession("wt:abc")
      const verified = { verdict: "verified", member: person, stricter: false } as const
      assert.deepStrictEqual(yield* resolve([session], undefined, { terminal: "wt:abc" }), verified)
      assert.deepStrictEqual(yield* resolve([yield* humanSession()]), verified)
      const no = { verdict: "unverified", member: person, reason: "NoSession", stricter: false } as const
      for (const changed of [{ terminal: "wt:abd" }, {}, { terminal: "wt:abc", at: session.claims.expires }]) {
        assert.deepStrictEqual(yield* resolve([session], undefined, changed), no)
      }
      const forged = yield* JoySession.createHuman({ identity: stranger, member: person, project: "TST", now })
      assert.deepStrictEqual(yield* resolve([forged]), no)
      assert.deepStrictEqual(yield* resolve([]), no)
    })
  )

  it.effect("a hand-written agent session is never verified: its own signature proves nothing of the delegation", () =>
    Effect.gen(function* () {
      // All that a writer of the state directory needs stands in the repository, or is made on the spot.
      const delegationKey = yield* hex(delegation)
      const written = yield* JoySession.createAgent({
        session: stranger,
        member: agent,
        project: "TST",
        now,
        delegationKey
      })
      const short = yield* resolve([written], { seed: stranger })
      assert.deepStrictEqual([short.verdict, short.reason, short.stricter], ["unverified", "SelfSigned", true])
      const guess = yield* resolve([written], { seed: stranger, delegation: stranger })
      assert.deepStrictEqual([guess.verdict, guess.reason, guess.stricter], ["refused", "WrongDelegationSeed", true])
    })
  )

  it.effect("the 44-byte downgrade is refused where the session's token carried the delegation's seed", () =>
    Effect.gen(function* () {
      const session = yield* agentSession
      const zone = { ...session, members_zone_key: Redacted.make("aa") }
      const cut = yield* resolve([zone], {})
      assert.deepStrictEqual([cut.verdict, cut.reason, cut.stricter], ["refused", "SeedMissing", true])
      assert.strictEqual((yield* resolve([zone], long)).verdict, "verified")
      const { token_key, ...claims } = session.claims
      const later = yield* JoySession.sign({
        generation: "0.20",
        key: sessionSeed,
        claims: { ...claims, delegation_key: token_key ?? "", delegated_by: person }
      })
      assert.strictEqual((yield* resolve([later], {})).reason, "SeedMissing")
      assert.strictEqual((yield* resolve([later], long)).verdict, "verified")
    })
  )

  it.effect("an end moved by hand, or any other claim, is noticed", () =>
    Effect.gen(function* () {
      const session = yield* agentSession
      const expires = JoyTime.plusSeconds(session.claims.expires, 10 * 365 * 24 * 60 * 60)
      const moved = yield* resolve([{ ...session, claims: { ...session.claims, expires } }], long)
      assert.deepStrictEqual([moved.verdict, moved.reason, moved.stricter], ["refused", "BadSignature", true])
    })
  )

  it.effect("a rotated delegation ends its sessions, whole and signed as they are", () =>
    Effect.gen(function* () {
      const rotated = yield* resign(yield* agentSession, { token_key: yield* hex(stranger) })
      const answer = yield* resolve([rotated], long)
      assert.deepStrictEqual([answer.verdict, answer.reason, answer.stricter], ["refused", "Rotated", true])
      const { token_key, ...unbound } = (yield* agentSession).claims
      assert.isString(token_key)
      const free = yield* JoySession.sign({ claims: unbound, key: sessionSeed })
      assert.strictEqual((yield* resolve([free], long)).reason, "Rotated")
    })
  )

  it.effect("a session that names another person than the one who delegated is refused", () =>
    Effect.gen(function* () {
      const { token_key, ...claims } = (yield* agentSession).claims
      const other = yield* JoySession.sign({
        generation: "0.20",
        key: sessionSeed,
        claims: { ...claims, delegation_key: token_key ?? "", delegated_by: "somebody-else@example.com" }
      })
      assert.strictEqual((yield* resolve([other], long)).reason, "WrongDelegator")
    })
  )

  it.effect("a value that does not hold never makes its holder the person at the terminal", () =>
    Effect.gen(function* () {
      const human = yield* humanSession()
      assert.strictEqual((yield* resolve([human])).verdict, "verified")
      assert.strictEqual((yield* resolve([human], { text: "" })).verdict, "verified", "empty counts as unset")
      for (const text of ["joy_s_junk", " "]) {
        const answer = yield* resolve([human], { text })
        assert.deepStrictEqual(answer, { verdict: "refused", reason: "BadValue", stricter: true })
      }
      const gone = JoyEnv.encode({ id: JoySession.id("TST", agent), seed: sessionSeed })
      const answer = yield* resolve([human], { text: Redacted.value(gone) })
      assert.deepStrictEqual(answer, { verdict: "refused", reason: "NoFile", stricter: true })
    })
  )

  it.effect("every other fault of an agent's session is refused, as Joy refuses it", () =>
    Effect.gen(function* () {
      const session = yield* agentSession
      const { claims } = session
      const { session_public_key, ...keyless } = claims
      const faults = {
        Expired: yield* resolve([session], long, { at: claims.expires }),
        WrongProject: yield* resolve([session], long, { id: "OTHER" }),
        NotAMember: yield* resolve([yield* resign(session, { member: "ai:stranger@joy" })], long),
        NotAnAgent: yield* resolve([yield* resign(session, { member: "other@example.com" })], long),
        WrongSeed: yield* resolve([session], { seed: stranger, delegation })
      }
      for (const [reason, answer] of Object.entries(faults)) {
        assert.deepStrictEqual<unknown>(answer, { verdict: "refused", reason, stricter: false })
      }
      const upper = yield* resign(session, { session_public_key: session_public_key?.toUpperCase() ?? "" })
      assert.strictEqual((yield* resolve([upper], long)).reason, "WrongSeed")
      const without = yield* JoySession.sign({ claims: keyless, key: sessionSeed })
      assert.strictEqual((yield* resolve([without], long)).reason, "WrongSeed")
      const damaged = yield* JoyResolution.resolve({
        project: yield* project,
        person,
        value: Option.some(JoyEnv.encode({ id: JoySession.idOf(session), seed: sessionSeed })),
        terminal: undefined,
        find: () => Effect.succeedSome("{"),
        at
      })
      assert.strictEqual(damaged.reason, "BadFile")
      assert.include(JoyResolution.sentence("BadFile"), "cannot be read")
    })
  )
})
