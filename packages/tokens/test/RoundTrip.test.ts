/** Whatever can be signed can be read again, and grants exactly what was signed. */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as Jti from "@bailiwick/core/Jti"
import type { SessionClaims } from "@bailiwick/core/SessionClaims"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as TokenId from "@bailiwick/tokens/TokenId"
import * as TokenText from "@bailiwick/tokens/TokenText"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as World from "./World.ts"

const { now } = World

const seconds = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const patterns = Schema.UniqueArray(
  Schema.Literals(["s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "ec2:?*"])
).check(Schema.isMinLength(1))
const Terms = {
  actions: patterns,
  resources: Schema.UniqueArray(Schema.Literals(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::ä b", 'x"\\y', "日本"])).check(
    Schema.isMinLength(1)
  ),
  life: seconds(60, 24 * 3600),
  wait: seconds(1, 60),
  depth: seconds(0, 4),
  accept: Schema.UniqueArray(Schema.Literals(["actions", "resources", "expiry", "network"]))
}

layer(World.TestLayer)("Round trip", (it) => {
  it.effect.prop(
    "of tokens: text, chain and grant",
    Terms,
    ({ actions, resources, life, wait, depth, accept }) =>
      Effect.gen(function* () {
        const grant = {
          policy: { statements: [{ provider: "aws" as const, actions, resources }], deny: [] },
          max_depth: depth,
          accept_unenforced: accept
        }
        const root = yield* World.root({
          edits: { ...grant, exp: UnixTime.plus(now, life), redeem_by: UnixTime.plus(now, wait) }
        })
        const text = yield* TokenText.encode({ chain: root, holder: Option.none() })
        assert.deepStrictEqual((yield* TokenText.decode(text)).chain, root)
        const session = yield* World.redeem(root)
        const again = Result.getOrThrow(Chain.decode(Chain.encode(session)))
        assert.deepStrictEqual(again, session)
        const verified = yield* World.verify(again)
        assert.deepInclude(verified.grant, grant)
        assert.strictEqual<number>(verified.exp, now + life)
        assert.deepStrictEqual(yield* Chain.jtis(again), verified.jtis)
        assert.strictEqual(Result.getOrThrow(Chain.claims(again)).jti, World.jti("root"))
      }),
    { arbitrary: { runs: 40 } }
  )

  it.effect.prop(
    "of session tokens",
    {
      tty: Schema.Literals(["/dev/pts/0", "wt:7a3c", '/dev/é "x"\\y']),
      byte: seconds(0, 255),
      life: seconds(1, 12 * 3600)
    },
    ({ tty, byte, life }) =>
      Effect.gen(function* () {
        const claims: SessionClaims = {
          member: World.you,
          project_id: World.project,
          created: now,
          expires: UnixTime.plus(now, life),
          session_public_key: PublicKey.toHex(yield* World.keyOf("session")),
          tty,
          binding: Sha256.make(Base64Url.encode(new Uint8Array(32).fill(byte)))
        }
        const token = yield* SessionToken.sign({ claims, identity: World.seed("you") })
        const again = Result.getOrThrow(SessionToken.decode(SessionToken.encode(token)))
        assert.deepStrictEqual(again, token)
        const verified = yield* SessionToken.verify({ token: again, identity: yield* World.keyOf("you"), at: now })
        assert.deepStrictEqual(verified.claims, claims)
      }),
    { arbitrary: { runs: 40 } }
  )

  it.effect("of ids: fresh ones are canonical, and never the same twice", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.all(Array.from({ length: 50 }, () => TokenId.random))
      assert.strictEqual(new Set(ids).size, 50)
      assert.isTrue(ids.every(Schema.is(Jti.Jti)))
    })
  )
})
