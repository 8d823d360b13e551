/** The committed vectors: what this package writes today, and how its readers judge each. */
import { UnixTime } from "@bailiwick/core/UnixTime"
import { AcceptedRecord } from "@bailiwick/core/ports/RecordRegistry"
import { Redemption } from "@bailiwick/core/ports/RedemptionLedger"
import { MemberId } from "@bailiwick/core/MemberId"
import * as Chain from "@bailiwick/tokens/Chain"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Registry from "@bailiwick/tokens/Registry"
import * as RequestSignature from "@bailiwick/tokens/RequestSignature"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as TokenText from "@bailiwick/tokens/TokenText"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import chains from "./vectors/chains.json" with { type: "json" }
import { vectors } from "./vectors/generate.ts"
import records from "./vectors/records.json" with { type: "json" }
import requests from "./vectors/requests.json" with { type: "json" }
import sessions from "./vectors/sessions.json" with { type: "json" }
import texts from "./vectors/texts.json" with { type: "json" }
import * as World from "./World.ts"

/** `accepted`, or the failure class. */
const verdict = <A, R>(
  effect: Effect.Effect<A, { readonly reason: { readonly _tag: string } } | { readonly _tag: string }, R>
) =>
  Effect.match(effect, {
    onFailure: (error) => ("reason" in error ? error.reason._tag : error._tag),
    onSuccess: () => "accepted"
  })

const accepted = (rows: ReadonlyArray<unknown>) => rows.map((row) => Schema.decodeUnknownSync(AcceptedRecord)(row))
const redemptions = chains.redemptions.map((one) => Schema.decodeUnknownSync(Redemption)(one))
const time = (at: number) => UnixTime.make(at)
const hex = (seed: Redacted.Redacted<Uint8Array>) => Buffer.from(Redacted.value(seed)).toString("hex")

layer(World.TestLayer)("Vectors", (it) => {
  it.effect("are what the generator writes", () =>
    Effect.gen(function* () {
      const written = JSON.parse(JSON.stringify(yield* vectors))
      assert.deepStrictEqual(written, { records, chains, texts, sessions, requests })
    })
  )

  it.effect.each(records.cases)("records: $name is $expect", (one) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* verdict(Registry.build(accepted(one.accepted))), one.expect)
    })
  )

  it.effect.each(chains.cases)("chains: $name is $expect", ({ chain, expect, at }) =>
    Effect.gen(function* () {
      const registry = yield* Registry.build(accepted(records.cases[0]?.accepted ?? []))
      const judged = Effect.flatMap(Effect.fromResult(Chain.decode(JSON.stringify(chain))), (decoded) =>
        World.verify(decoded, { registry, redemptions, now: time(at) })
      )
      assert.strictEqual(yield* verdict(judged), expect)
    })
  )

  it.effect.each(texts.tokens)("token texts: $name is $expect", ({ text, expect, chain }) =>
    Effect.gen(function* () {
      const decoded = TokenText.decode(Redacted.make(text))
      assert.strictEqual(yield* verdict(decoded), expect)
      if (expect === "accepted") assert.deepStrictEqual<unknown>((yield* decoded).chain, chain)
    })
  )

  it.effect.each(texts.env)("env values: $name is $expect", ({ text, expect, id, seed, third }) =>
    Effect.gen(function* () {
      const decoded = Effect.fromResult(SessionEnv.decode(Redacted.make(text)))
      assert.strictEqual(yield* verdict(decoded), expect)
      if (expect !== "accepted") return
      const session = yield* decoded
      assert.strictEqual<string | undefined>(session.id, id)
      assert.strictEqual(hex(session.seed), seed)
      assert.strictEqual(session.third && hex(session.third), third)
    })
  )

  it.effect.each(texts.ids)("storage ids: of $member", ({ member, session_public_key, id }) =>
    Effect.gen(function* () {
      const key = yield* PublicKey.fromHex(session_public_key)
      const of = { project: World.project, member: Schema.decodeUnknownSync(MemberId)(member), key }
      assert.strictEqual<string>(StorageIdOf.of(of), id)
    })
  )

  it.effect.each(sessions.cases)("session tokens: $name is $expect", ({ token, expect, at }) =>
    Effect.gen(function* () {
      const identity = yield* World.keyOf("you")
      const judged = Effect.flatMap(Effect.fromResult(SessionToken.decode(JSON.stringify(token))), (decoded) =>
        SessionToken.verify({ token: decoded, identity, at: time(at) })
      )
      assert.strictEqual(yield* verdict(judged), expect)
    })
  )

  it.effect.each(requests.cases)("requests: $name is $expect", ({ request, expect, at }) =>
    Effect.gen(function* () {
      const fields = request.fields.map(([name = "", value = ""]) => [name, value] as const)
      const judged = RequestSignature.verify({
        request: { ...request, fields, body: new TextEncoder().encode(request.body) },
        key: yield* World.keyOf("session"),
        authority: requests.authority,
        now: time(at)
      })
      assert.strictEqual(yield* verdict(judged), expect)
    })
  )
})
