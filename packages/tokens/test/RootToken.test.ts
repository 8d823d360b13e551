import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as RootToken from "@bailiwick/tokens/RootToken"
import * as Root from "@bailiwick/tokens/RootToken"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

const { now } = World

const sign = Effect.fnUntraced(function* (
  edits: Partial<RootToken.Terms> = {},
  options: {
    readonly project?: object
    readonly delegation?: object
    readonly identity?: string
    readonly bearer?: boolean
  } = {}
) {
  return yield* Root.sign({
    identity: World.seed(options.identity ?? "you"),
    delegation: { ...(yield* World.delegationRecord("you", World.you, World.claude)), ...options.delegation },
    project: { ...(yield* World.projectRecord), ...options.project },
    bearer: options.bearer ?? false,
    token: yield* World.terms("root", "claude", edits)
  })
})

layer(World.TestLayer)("RootToken.sign", (it) => {
  it.effect("signs what verifies", () => Effect.flatMap(sign(), (chain) => World.verify(chain)))

  it.effect("signs under no delegation but its own, current one", () =>
    Effect.gen(function* () {
      yield* World.refused(sign({}, { delegation: { ended: true } }), "NotDelegated")
      yield* World.refused(sign({}, { delegation: { salt: World.salt("new") } }), "WrongKey")
      yield* World.refused(sign({}, { identity: "mate" }), "WrongKey")
      yield* World.refused(sign({}, { project: { project: "globex" } }), "WrongProject")
    })
  )

  it.effect("signs nothing that the project does not allow", () =>
    Effect.gen(function* () {
      yield* World.refused(sign({ targets: [{ ...World.devTarget, principal: "root" }] }), "TargetChanged")
      const byFile = { confirmed: "file" } as const
      yield* sign(byFile)
      yield* World.refused(sign(byFile, { project: { require_terminal: true } }), "NotConfirmed")
      for (const ttl of [{ token: 3599 }, { redeem_to: 899 }]) {
        yield* World.refused(sign({}, { project: { ttl } }), "LifetimeExceeded")
      }
      const bearer = { project: { ttl: { redeem_bearer: 899 } }, bearer: true }
      const reason = yield* World.refused(sign({}, bearer), "LifetimeExceeded")
      assert.strictEqual(reason.name, "redeem_bearer")
      yield* sign({}, { ...bearer, bearer: false })
    })
  )

  it.effect("signs nothing that its reader would refuse", () =>
    Effect.gen(function* () {
      yield* World.refused(sign({ exp: UnixTime.plus(now, 24 * 3600 + 1) }), "LifetimeExceeded")
      yield* World.refused(sign({ exp: now }), "Malformed")
      yield* World.refused(sign({ redeem_by: now }), "Malformed")
      yield* World.refused(sign({ redeem_by: UnixTime.plus(now, 3601) }), "Malformed")
      yield* World.refused(sign({ max_depth: 5 }), "Malformed")
      yield* World.refused(sign({ targets: [] }), "Malformed")
      yield* World.refused(sign({ cnf: { jwk: yield* World.jwkOf("you") } }), "KeyReused")
      const { verifier } = yield* World.delegationRecord("you", World.you, World.claude)
      yield* World.refused(sign({ cnf: { jwk: verifier } }), "KeyReused")
    })
  )

  it.effect("signs no policy larger than 32 KiB", () =>
    Effect.gen(function* () {
      const resources = Array.from({ length: 256 }, (_, index) => `${index}`.padStart(200, "r"))
      const policy = { statements: [{ provider: "aws" as const, actions: ["s3:GetObject"], resources }], deny: [] }
      yield* World.refused(sign({ policy }), "Malformed")
    })
  )
})
