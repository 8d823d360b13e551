import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Chain from "@bailiwick/tokens/Chain"
import * as TokenText from "@bailiwick/tokens/TokenText"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as World from "./World.ts"

const write = (chain: Chain.Chain, holder?: string) =>
  Effect.map(
    TokenText.encode({ chain, holder: holder === undefined ? Option.none() : Option.some(World.seed(holder)) }),
    Redacted.value
  )
const read = (text: string) => TokenText.decode(Redacted.make(text))
const pack = (prefix: string, value: CompactJson.Value) => prefix + Base64Url.encode(CompactJson.encodeBytes(value))

layer(World.TestLayer)("TokenText", (it) => {
  it.effect("gives back the chain that it wrote, without a secret in it", () =>
    Effect.gen(function* () {
      for (const chain of [yield* World.root(), yield* World.grant(yield* World.redeem(yield* World.root()))]) {
        const text = yield* write(chain)
        assert.isTrue(text.startsWith("bw_d_"))
        const token = yield* read(text)
        assert.deepStrictEqual(token.chain, chain)
        assert.isTrue(Option.isNone(token.holder))
      }
    })
  )

  it.effect("carries a bearer's seed, and shows it to no log", () =>
    Effect.gen(function* () {
      const chain = yield* World.root({ holder: "one-time" })
      const redacted = yield* TokenText.encode({ chain, holder: Option.some(World.seed("one-time")) })
      const text = Redacted.value(redacted)
      assert.isTrue(text.startsWith("bw_db_"))
      assert.notInclude(`${redacted} ${JSON.stringify(redacted)}`, "bw_")
      const { holder } = yield* read(text)
      assert.deepStrictEqual(Redacted.value(Option.getOrThrow(holder)), Redacted.value(World.seed("one-time")))
    })
  )

  it.effect("refuses a bearer's seed that is not that of the last key, written or read", () =>
    Effect.gen(function* () {
      const chain = yield* World.root({ holder: "one-time" })
      yield* World.refused(write(chain, "another"), "WrongKey")
      const holder_seed = Base64Url.encode(Redacted.value(World.seed("another")))
      yield* World.refused(read(pack("bw_db_", { v: 1, tokens: [...chain.tokens], holder_seed })), "WrongKey")
    })
  )

  it.effect("refuses a bearer token that may be redeemed for longer than a quarter of an hour", () =>
    Effect.gen(function* () {
      const edits = { redeem_by: UnixTime.plus(World.now, 901) }
      const chain = yield* World.root({ holder: "one-time", edits })
      yield* write(chain)
      yield* World.refused(write(chain, "one-time"), "LifetimeExceeded")
    })
  )

  it.effect("has no form for a session, nor for a terminal grant", () =>
    Effect.gen(function* () {
      yield* World.refused(write(yield* World.redeem(yield* World.root())), "Malformed")
      const terminal = yield* World.root({ agent: World.you, holder: "terminal" })
      yield* World.refused(write(terminal), "Malformed")
      const passedOn = yield* World.grant(yield* World.redeem(terminal, { holder: "terminal" }), {
        agent: World.claude,
        holder: "claude"
      })
      yield* write(passedOn)
    })
  )

  it.effect("refuses every other form of text", () =>
    Effect.gen(function* () {
      const { tokens } = yield* World.root()
      const text = yield* write({ v: 1, tokens })
      yield* read(pack("bw_d_", { v: 1, tokens: [...tokens] }))
      for (const wrong of [
        "",
        "bw_d_",
        "bw_x_abc",
        text.slice(0, -1),
        `${text}=`,
        `${text}\n`,
        ` ${text}`,
        text.replace("bw_d_", "bw_db_"),
        text.replace("bw_d_", "BW_D_"),
        pack("bw_d_", { v: 2, tokens: [...tokens] }),
        pack("bw_d_", { v: 1, tokens: [] }),
        pack("bw_d_", { v: 1, tokens: [...tokens], note: "x" }),
        pack("bw_d_", { v: 1, tokens: [...tokens], holder_seed: "A".repeat(43) }),
        pack("bw_db_", { v: 1, tokens: [...tokens], holder_seed: "AAAA" })
      ]) {
        yield* World.refused(read(wrong), "Malformed")
      }
    })
  )

  it.effect("refuses text longer than any chain before it decodes it", () =>
    World.refused(read(`bw_d_${"A".repeat(360_000)}`), "TooLarge")
  )

  it.effect("never verifies once any character is another one", () =>
    Effect.gen(function* () {
      const text = yield* write(yield* World.root())
      for (let at = 5; at < text.length; at += 13) {
        const flipped = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
        const exit = yield* Effect.exit(Effect.flatMap(read(flipped), ({ chain }) => World.verify(chain)))
        assert.strictEqual(exit._tag, "Failure", `character ${at}`)
      }
    })
  )
})
