import type { Plan } from "@bailiwick/core/CredentialProvider"
import { Sha256 } from "@bailiwick/core/Sha256"
import { assert, describe, it } from "@effect/vitest"
import * as Digest from "effect/crypto/Digest"
import * as Effect from "effect/Effect"
import * as Issue from "../src/Issue.ts"
import * as ReuseKey from "../src/ReuseKey.ts"
import * as World from "./support/World.ts"

const leaf = Sha256.make("A".repeat(43))

const plan = World.within(
  Effect.gen(function* () {
    const { caller } = yield* World.agentSession()
    const request = World.request({ tags: { b: "2", a: "1" } })
    return (yield* Issue.plan({ subject: caller, request })).plan
  })
)

const edited = (plan: Plan, edits: Partial<Plan["request"]>): Plan => ({
  ...plan,
  request: { ...plan.request, ...edits }
})

describe("ReuseKey", () => {
  it.effect("is the same whatever the order of tags and dimensions, and whatever session was planned for", () =>
    Effect.gen(function* () {
      const one = yield* plan
      const tags = { a: "1", b: "2" }
      const first = yield* ReuseKey.digest({ plan: one, leaf, accept_unenforced: ["network", "actions"] })
      const second = yield* ReuseKey.digest({
        plan: edited(one, { tags, session: (yield* plan).request.session }),
        leaf,
        accept_unenforced: ["actions", "network"]
      })
      assert.strictEqual(first, second)
    }).pipe(Effect.provide(Digest.layerWebCrypto))
  )

  it.effect("differs with every part that could make one credential wrong for another request", () =>
    Effect.gen(function* () {
      const one = yield* plan
      const { target } = one.request
      const { agent: _, ...withoutAgent } = one.request
      const digests = yield* Effect.forEach(
        [
          { plan: one },
          { plan: { ...one, document: "another" } },
          { plan: edited(one, { alias: World.prod }) },
          { plan: edited(one, { tags: {} }) },
          { plan: edited(one, { human: World.mate }) },
          { plan: edited(one, { agent: World.other }) },
          { plan: { ...one, request: withoutAgent } },
          { plan: edited(one, { target: { ...target, provider: "aws" } }) },
          { plan: edited(one, { target: { ...target, principal: "another" } }) },
          { plan: edited(one, { target: { ...target, region: "eu-west-1" } }) },
          { plan: edited(one, { target: { ...target, endpoint: "https://example.com" } }) },
          { plan: edited(one, { target: { ...target, settings: { audience: "a" } } }) },
          { plan: one, leaf: Sha256.make(`${"B".repeat(42)}A`) },
          { plan: one, accept_unenforced: ["network"] as const }
        ],
        (parts) => ReuseKey.digest({ leaf, accept_unenforced: [], ...parts })
      )
      assert.strictEqual(new Set(digests).size, digests.length)
    }).pipe(Effect.provide(Digest.layerWebCrypto))
  )
})
