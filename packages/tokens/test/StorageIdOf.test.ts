import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as World from "./World.ts"

layer(World.TestLayer)("StorageIdOf", (it) => {
  it.effect("is the first 12 bytes of SHA-256 over project, member and key, for humans and agents alike", () =>
    Effect.gen(function* () {
      const key = yield* World.keyOf("session")
      for (const member of [World.you, World.claudeTests]) {
        const text = `acme:${member}:${PublicKey.toHex(key)}`
        const expected = createHash("sha256").update(text).digest("hex").slice(0, 24)
        assert.strictEqual<string>(StorageIdOf.of({ project: World.project, member, key }), expected)
      }
    })
  )
})
