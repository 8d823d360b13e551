import * as Base64Url from "@bailiwick/core/Base64Url"
import { Sha256 } from "@bailiwick/core/Sha256"
import type * as SessionClaims from "@bailiwick/core/SessionClaims"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Chain from "@bailiwick/tokens/Chain"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as World from "./World.ts"

const { now } = World

const claims = Effect.map(World.keyOf("session"), (key): SessionClaims.SessionClaims => ({
  member: World.you,
  project_id: World.project,
  created: now,
  expires: UnixTime.plus(now, 3600),
  session_public_key: PublicKey.toHex(key),
  tty: "/dev/pts/3",
  binding: Sha256.make(Base64Url.encode(new Uint8Array(32).fill(9)))
}))

const signed = Effect.fnUntraced(function* (
  edits: Partial<SessionClaims.SessionClaims> = {},
  delegation?: Chain.Chain
) {
  return yield* SessionToken.sign({
    claims: { ...(yield* claims), ...edits },
    identity: World.seed("you"),
    ...(delegation === undefined ? {} : { delegation })
  })
})

const verify = Effect.fnUntraced(function* (token: SessionToken.SessionToken, at = now, identity = "you") {
  return yield* SessionToken.verify({ token, identity: yield* World.keyOf(identity), at })
})

const terminalGrant = Effect.gen(function* () {
  const root = yield* World.root({ agent: World.you, holder: "terminal" })
  return yield* World.redeem(root, { holder: "terminal" })
})

layer(World.TestLayer)("SessionToken", (it) => {
  it.effect("verifies under the identity that signed it, and names its storage id and key", () =>
    Effect.gen(function* () {
      const session = yield* verify(yield* signed())
      const key = yield* World.keyOf("session")
      assert.strictEqual(session.key.kid, key.kid)
      assert.strictEqual(session.id, StorageIdOf.of({ project: World.project, member: World.you, key }))
      assert.isTrue(Option.isNone(session.delegation))
    })
  )

  it.effect("gives back what it wrote, whatever the order in which the members came", () =>
    Effect.gen(function* () {
      const token = yield* signed({}, yield* terminalGrant)
      assert.deepStrictEqual(Result.getOrThrow(SessionToken.decode(SessionToken.encode(token))), token)
      const { binding, tty, ...rest } = token.claims
      const shuffled = JSON.stringify({ signature: token.signature, claims: { binding, tty, ...rest } })
      yield* verify(Result.getOrThrow(SessionToken.decode(shuffled)))
    })
  )

  it.effect("signs the context, a line end and the compact claims, so that no other object is mistaken for it", () =>
    Effect.gen(function* () {
      const { claims, signature } = yield* signed()
      const key = yield* World.keyOf("you")
      const message = new TextEncoder().encode(`bailiwick-session-v1\n${JSON.stringify(claims)}`)
      const verifies = (bytes: Uint8Array) => World.verifyBytes(key, bytes, Buffer.from(signature, "hex"))
      assert.isTrue(yield* verifies(message))
      assert.isFalse(yield* verifies(message.slice(21)))
    })
  )

  for (const [name, edits] of [
    ["another member", { member: World.mate }],
    ["a later end", { expires: UnixTime.plus(now, 3601) }],
    ["an earlier beginning", { created: UnixTime.plus(now, -1) }],
    ["another terminal", { tty: "/dev/pts/4" }],
    ["another binding", { binding: Sha256.make("A".repeat(43)) }]
  ] as const) {
    it.effect(`refuses ${name} than was signed`, () =>
      Effect.gen(function* () {
        const token = yield* signed()
        yield* World.refused(verify({ ...token, claims: { ...token.claims, ...edits } }), "BadSignature")
      })
    )
  }

  it.effect("refuses any flipped bit of its signature, and another identity's", () =>
    Effect.gen(function* () {
      const token = yield* signed()
      for (let at = 0; at < token.signature.length; at++) {
        const digit = (Number.parseInt(token.signature.charAt(at), 16) ^ 1).toString(16)
        const json = SessionToken.encode(token).replace(
          token.signature,
          token.signature.slice(0, at) + digit + token.signature.slice(at + 1)
        )
        yield* World.refused(verify(Result.getOrThrow(SessionToken.decode(json))), "BadSignature")
      }
      yield* World.refused(verify(token, now, "mate"), "BadSignature")
    })
  )

  it.effect("is in force from half a minute before its beginning until before its end", () =>
    Effect.gen(function* () {
      const token = yield* signed()
      yield* verify(token, UnixTime.plus(now, -30))
      yield* World.refused(verify(token, UnixTime.plus(now, -31)), "NotYet")
      yield* verify(token, UnixTime.plus(now, 3599))
      yield* World.refused(verify(token, UnixTime.plus(now, 3600)), "Expired")
    })
  )

  it.effect("signs nothing that ends before it begins, outlives the cap, or is bound to an unusable key", () =>
    Effect.gen(function* () {
      yield* signed({ expires: UnixTime.plus(now, 12 * 3600) })
      yield* World.refused(signed({ expires: UnixTime.plus(now, 12 * 3600 + 1) }), "LifetimeExceeded")
      yield* World.refused(signed({ expires: now }), "Malformed")
      yield* World.refused(signed({ session_public_key: "00".repeat(32) }), "BadKey")
    })
  )

  it.effect("is held to the lifetime and the name of its project", () =>
    Effect.gen(function* () {
      const token = yield* signed()
      const project = yield* World.projectRecord
      const identity = yield* World.keyOf("you")
      const under = (edits: object) =>
        SessionToken.verify({ token, identity, at: now, project: { ...project, ...edits } })
      yield* under({ ttl: { human_session: 3600 } })
      yield* World.refused(under({ ttl: { human_session: 3599 } }), "LifetimeExceeded")
      yield* World.refused(under({ project: "globex" }), "WrongProject")
    })
  )

  it.effect("carries only the terminal grant of its own member and key", () =>
    Effect.gen(function* () {
      const own = yield* terminalGrant
      assert.deepStrictEqual((yield* verify(yield* signed({}, own))).delegation, Option.some(own))
      const agents = yield* World.redeem(yield* World.root())
      const unredeemed = yield* World.root({ agent: World.you, holder: "session" })
      const otherKey = yield* World.redeem(yield* World.root({ agent: World.you, holder: "terminal" }), {
        holder: "terminal",
        session: "another"
      })
      const elsewhere = yield* World.forgeLast(own, { project: World.globex }, World.sessionSigner("terminal"))
      for (const foreign of [agents, unredeemed, otherKey, elsewhere]) {
        yield* World.refused(signed({}, foreign), "BrokenChain")
        // Swapped in behind the signature, which does not cover it, it is refused as well.
        yield* World.refused(verify({ ...(yield* signed()), delegation: foreign }), "BrokenChain")
      }
    })
  )

  it.effect("refuses other members, missing ones and other spellings", () =>
    Effect.gen(function* () {
      const token = yield* signed()
      const { claims: all, signature } = token
      const { tty, ...without } = all
      assert.isDefined(tty)
      for (const wrong of [
        { claims: all },
        { claims: without, signature },
        { claims: { ...all, token_key: "00".repeat(32) }, signature },
        { claims: all, signature, members_zone_key: "00".repeat(32) },
        { claims: all, signature: signature.toUpperCase() },
        { claims: all, signature: signature.slice(2) },
        { claims: { ...all, created: `${now}` }, signature },
        { claims: all, signature, delegation: { v: 1, tokens: [] } }
      ]) {
        const decoded = SessionToken.decode(JSON.stringify(wrong))
        assert.isTrue(Result.isFailure(decoded), JSON.stringify(Object.keys(wrong)))
      }
      assert.isTrue(Result.isFailure(SessionToken.decode(SessionToken.encode(token).replace("{", '{"signature":"",'))))
    })
  )
})
