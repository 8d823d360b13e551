import * as Base64Url from "@bailiwick/core/Base64Url"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Login from "@bailiwick/tokens/Login"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

const { now } = World

const challenge = Effect.map(World.aud, (aud): Login.Challenge => ({
  authority: "bw.example.com",
  aud,
  nonce: Base64Url.encode(new Uint8Array(16).fill(3)),
  exp: UnixTime.plus(now, 120)
}))

const answer = Effect.fnUntraced(function* (identity = "you", at = now) {
  return yield* Login.sign({
    challenge: yield* challenge,
    identity: World.seed(identity),
    project: World.project,
    human: World.you,
    cnf: { jwk: yield* World.jwkOf("session") },
    now: at
  })
})

const verify = Effect.fnUntraced(function* (text: string, edits: Partial<Login.Challenge> = {}, at = now) {
  return yield* Login.verify({
    text,
    identity: yield* World.keyOf("you"),
    challenge: { ...(yield* challenge), ...edits },
    project: World.project,
    human: World.you,
    now: at
  })
})

layer(World.TestLayer)("Login", (it) => {
  it.effect("answers a challenge with the session key that will be used", () =>
    Effect.gen(function* () {
      const login = yield* verify(yield* answer())
      assert.deepStrictEqual(login.cnf.jwk, yield* World.jwkOf("session"))
    })
  )

  it.effect("counts for no other challenge, broker, project, human or identity", () =>
    Effect.gen(function* () {
      const text = yield* answer()
      yield* World.refused(verify(text, { nonce: Base64Url.encode(new Uint8Array(16)) }), "Malformed")
      yield* World.refused(verify(text, { exp: UnixTime.plus(now, 119) }), "Malformed")
      yield* World.refused(verify(text, { authority: "evil.example.com" }), "WrongAudience")
      yield* World.refused(verify(text, { aud: (yield* World.keyOf("x")).kid }), "WrongAudience")
      yield* World.refused(verify(yield* answer("mate")), "WrongKey")
      const elsewhere = {
        text,
        identity: yield* World.keyOf("you"),
        challenge: yield* challenge,
        project: World.project,
        human: World.you,
        now
      }
      yield* World.refused(Login.verify({ ...elsewhere, human: World.mate }), "Malformed")
      const globex = World.project.replace("acme", "globex") as typeof World.project
      yield* World.refused(Login.verify({ ...elsewhere, project: globex }), "WrongProject")
    })
  )

  it.effect("is neither given nor taken once the challenge is over, nor for one that lasts too long", () =>
    Effect.gen(function* () {
      const text = yield* answer()
      yield* verify(text, {}, UnixTime.plus(now, 119))
      yield* World.refused(verify(text, {}, UnixTime.plus(now, 120)), "Expired")
      yield* World.refused(answer("you", UnixTime.plus(now, 120)), "Expired")
      yield* World.refused(answer("you", UnixTime.plus(now, -1)), "Malformed")
    })
  )
})
